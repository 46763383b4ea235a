import {
  type DueEntry,
  type InteractionKey,
  type LedgerEntry,
  workspaceIdOf,
} from '../ledger/entry.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Outcome } from '../ledger/outcome.ts';
import { retryWindowStart } from '../ledger/retry-window.ts';
import { MINUTE_MS, SECOND_MS } from '../runtime/durations.ts';
import { TABLE_CALL_TIMEOUT_MS } from '../runtime/dynamodb/client.ts';
import type { Secrets } from '../runtime/secrets.ts';
import { unsealNatApiKey } from '../workspaces/sealed-fields.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { WORKSPACE_CHANGE_VISIBLE_AFTER_MS } from '../workspaces/workspace-cache.ts';
import type { Workspaces } from '../workspaces/workspaces.ts';
import { idempotencyKeyOf } from './idempotency-key.ts';
import { NAT_CALL_TIMEOUT_MS, type Nat, type NatResult } from './nat.ts';
import { earliestTryAt, isRetryWindowOver, nextTryAt } from './retry-schedule.ts';

/** An attempt reads or leases, finds the workspace, may mark its key, and settles. */
const TABLE_CALLS_PER_ATTEMPT = 4;
/** For what this process itself does in an attempt. */
const PROCESSING_MS = 2 * SECOND_MS;
/** How long one attempt may take. None is started with less time left. */
export const MAX_ATTEMPT_MS =
  TABLE_CALLS_PER_ATTEMPT * TABLE_CALL_TIMEOUT_MS + NAT_CALL_TIMEOUT_MS + PROCESSING_MS;
/** Must be longer than an attempt. */
export const ATTEMPT_LEASE_MS = 2 * MINUTE_MS;

/** What an attempt came to, for logs and metrics. */
export interface DeliveryResult {
  /** `skipped`: there was nothing to do, or somebody else did it in the meantime. */
  status: Outcome['status'] | 'skipped';
  /** Why it was not delivered. */
  error?: string;
  /** How long Nat took, ms; absent if it was not called. */
  natMs?: number;
  /** How long the interaction has waited since it was accepted, ms; absent if it waits no longer. */
  waitedMs?: number;
  /** true if Nat could not take it now, though it may later; absent if Nat was not called. */
  natFailed?: boolean;
  /** true if the key for Nat was rejected or is unreadable, so that an operator must replace it. */
  natKeyRejected?: true;
}

/** What a delivery needs. */
export interface DeliveryDependencies {
  ledger: Ledger;
  workspaces: Workspaces;
  secrets: Secrets;
  nat: Nat;
}

export type Delivery = ReturnType<typeof createDelivery>;

/** Creates what brings interactions from the ledger to Nat. */
export function createDelivery({ ledger, workspaces, secrets, nat }: DeliveryDependencies) {
  return {
    /**
     * Delivers an interaction if it is pending. Stream records may come twice: by then the
     * interaction is not pending any more, and nothing is sent.
     *
     * @throws if the ledger fails; the interaction is then still pending
     */
    async deliverPending(key: InteractionKey): Promise<DeliveryResult> {
      const entry = await ledger.read(key);
      return entry?.status === 'pending' ? attempt(entry) : { status: 'skipped' };
    },

    /**
     * Tries a due interaction again, under a lease.
     *
     * @throws if the ledger fails; the interaction is due again when the lease ends
     */
    async redeliver(due: DueEntry): Promise<DeliveryResult> {
      const entry = await ledger.lease(due, Date.now() + ATTEMPT_LEASE_MS);
      return entry === undefined ? { status: 'skipped' } : attempt(entry);
    },
  };

  async function attempt(entry: LedgerEntry): Promise<DeliveryResult> {
    const { event } = entry;
    if (event === undefined) return settle(entry, { status: 'dead', error: 'content missing' });
    const workspace = await workspaces.findById(workspaceIdOf(entry));
    if (workspace === undefined) {
      // The index of workspaces may be behind, so the workspace may still appear.
      return settle(entry, outcomeOf({ verdict: 'may-pass', error: 'workspace unknown' }, entry));
    }
    const apiKey = unsealNatApiKey(secrets, workspace);
    if (apiKey === undefined) {
      return settleRejectedKey(entry, { error: 'key unreadable' }, workspace);
    }
    const sentAt = performance.now();
    const answer = await nat({ apiKey, idempotencyKey: idempotencyKeyOf(entry), event });
    const natMs = Math.round(performance.now() - sentAt);
    const result =
      answer.verdict === 'key-rejected'
        ? await settleRejectedKey(entry, answer, workspace)
        : await settle(entry, outcomeOf(answer, entry));
    return { ...result, natMs, natFailed: answer.verdict === 'may-pass' };
  }

  /** The interaction waits for a new key. If there is one already, it waits until that is in use. */
  async function settleRejectedKey(
    entry: LedgerEntry,
    { error, retryAfter }: { error: string; retryAfter?: string },
    workspace: Workspace,
  ): Promise<DeliveryResult> {
    const now = Date.now();
    if (await workspaces.markNatKeyRejected(workspace, now)) {
      const dueAt = nextTryAt(entry.attempts + 1, retryAfter, now);
      const result = await settle(entry, { status: 'retrying', error, dueAt });
      return { ...result, natKeyRejected: true };
    }
    const newKeyInUseAt = now + WORKSPACE_CHANGE_VISIBLE_AFTER_MS;
    const dueAt = Math.max(newKeyInUseAt, earliestTryAt(retryAfter, now));
    return settle(entry, { status: 'retrying', error, dueAt });
  }

  async function settle(entry: LedgerEntry, outcome: Outcome): Promise<DeliveryResult> {
    const now = Date.now();
    if (!(await ledger.settle(entry, outcome, now))) return { status: 'skipped' };
    if (outcome.status === 'delivered') return { status: 'delivered' };
    const { status, error } = outcome;
    if (status === 'dead') return { status, error };
    return { status, error, waitedMs: now - Date.parse(entry.acceptedAt) };
  }
}

function outcomeOf(
  result: Exclude<NatResult, { verdict: 'key-rejected' }>,
  entry: LedgerEntry,
): Outcome {
  if (result.verdict === 'accepted') return { status: 'delivered' };
  const { verdict, error } = result;
  const now = Date.now();
  if (verdict === 'never' || isRetryWindowOver(retryWindowStart(entry), now)) {
    return { status: 'dead', error };
  }
  return {
    status: 'retrying',
    error,
    dueAt: nextTryAt(entry.attempts + 1, result.retryAfter, now),
  };
}
