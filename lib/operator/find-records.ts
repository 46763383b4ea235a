import type { Workspace } from '../workspaces/workspace.ts';
import type { Workspaces } from '../workspaces/workspaces.ts';
import { OperatorError } from './operator-error.ts';

/**
 * Finds all records of a workspace, the current one first.
 *
 * @param field the input field that holds the id, for the error message
 * @throws {OperatorError} if there is no such workspace
 */
export async function findRecords(
  workspaces: Workspaces,
  field: 'id' | 'workspace',
  id: string,
): Promise<[Workspace, ...Workspace[]]> {
  const [current, ...older] = await workspaces.recordsOf(id);
  if (current === undefined) {
    throw new OperatorError(`${field}: there is no workspace with this id; see workspace.list`);
  }
  return [current, ...older];
}
