import type { Repairs } from '../ledger/repairs.ts';
import type { Secrets } from '../runtime/secrets.ts';
import type { Registry } from '../workspaces/registry.ts';
import type { AuditEntry } from './audit.ts';

/** What the operator's commands work with. */
export interface OperatorDependencies {
  repairs: Repairs;
  registry: Registry;
  /** As they are now. */
  secrets: Secrets;
  /** Replaces the secrets that seal, unless somebody else has since `secrets` were read. */
  renewSecrets: () => Promise<Secrets>;
  /** How much time the invocation has left, ms. */
  remainingMs: () => number;
  /** Called before each command that changes something. */
  audit: (entry: AuditEntry) => void;
}
