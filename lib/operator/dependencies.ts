import type { Repairs } from '../ledger/repairs.ts';
import type { Secrets } from '../runtime/secrets.ts';
import type { Registry } from '../workspaces/registry.ts';
import type { AuditEntry } from './audit.ts';

/** What the operator's commands work with. */
export interface OperatorDependencies {
  repairs: Repairs;
  registry: Registry;
  secrets: Secrets;
  /** How much time the invocation has left, ms. */
  remainingMs: () => number;
  /** Called before each command that changes something. */
  audit: (entry: AuditEntry) => void;
}
