import { OperatorError } from './operator-error.ts';

/** The workspace that a command names is not there. */
export function unknownWorkspace(): OperatorError {
  return new OperatorError('workspace: there is no workspace with this id; see workspace.list');
}
