import type { Repairs } from '../ledger/repairs.ts';
import type { Secrets } from '../runtime/secrets.ts';
import type { Workspaces } from '../workspaces/workspaces.ts';

/** What the operator's commands work with. */
export interface OperatorDependencies {
  repairs: Repairs;
  workspaces: Workspaces;
  secrets: Secrets;
  /** How much time the invocation has left, ms. */
  remainingMs: () => number;
}
