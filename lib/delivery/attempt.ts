import {
  type DueEntry,
  type InteractionKey,
  type LedgerEntry,
  workspaceIdOf,
} from '../ledger/entry.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Outcome } from '../ledger/outcome.ts';
import { PUT_OFF } from '../ledger/put-off.ts';
import { retryWindowStart } from '../ledger/retry-window.ts';
import { MINUTE_MS, SECOND_MS } from '../runtime/durations.ts';
import { TABLE_CALL_TIMEOUT_MS } from '../runtime/dynamodb/client.ts';
import { UnreadableItemError } from '../runtime/dynamodb/items.ts';
import type { SecretSource } from '../runtime/secret-source.ts';
import { SECRET_CALL_TIMEOUT_MS } from '../runtime/secrets-manager.ts';
import { parseTraceparent } from '../runtime/traceparent.ts';
import { unsealNatApiKey } from '../workspaces/sealed-fields.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { WORKSPACE_CHANGE_VISIBLE_AFTER_MS } from '../workspaces/workspace-cache.ts';
import type { Workspaces } from '../workspaces/workspaces.ts';
import { idempotencyKeyOf } from './idempotency-key.ts';
import { NAT_CALL_TIMEOUT_MS, type Nat, type NatResult } from './nat.ts';
import { earliestTryAt, isRetryWindowOver, nextTryAt } from './retry-schedule.ts';

/**
 * An attempt reads or leases, finds the workspace, settles, and may mark or unmark its key. It may
 * read a secret as well.
 */
const TABLE_CALLS_PER_ATTEMPT = 4;
/** For what this process itself does in an attempt. */
const PROCESSING_MS = 2 * SECOND_MS;
/** How long one attempt may take. None is started with less time left. */
export const MAX_ATTEMPT_MS =
  TABLE_CALLS_PER_ATTEMPT * TABLE_CALL_TIMEOUT_MS +
  SECRET_CALL_TIMEOUT_MS +
  NAT_CALL_TIMEOUT_MS +
  PROCESSING_MS;
/** Must be longer than an attempt. */
export const ATTEMPT_LEASE_MS = 2 * MINUTE_MS;

/** The result of an attempt, for logs and metrics. */
export interface DeliveryResult {
  /** `skipped`: there was nothing to do, or somebody else did it in the meantime. */
  status: Outcome['status'] | 'skipped';
  /** Why it was not delivered. */
  error?: string;
  /** The trace of the request that brought it. */
  traceId?: string;
  /** How long Nat took, ms; absent if it was not called. */
  natMs?: number;
  /** How long the interaction has waited since it was accepted, ms; absent if it waits no longer. */
  waitedMs?: number;
  /**
   * true if the workspace's other interactions would fail now too, because of Nat, the key or the
   * address; false if Nat answered that it took or refused this one; absent if nothing is known.
   */
  failed?: boolean;
  /** true if the answer says that the address of Nat is wrong. */
  natAddressWrong?: true;
  /** true if the key for Nat was rejected or is unreadable, so that an operator must replace it. */
  natKeyRejected?: true;
}

const SKIPPED: DeliveryResult = { status: 'skipped' };

/** What a delivery needs. */
export interface DeliveryDependencies {
  ledger: Ledger;
  workspaces: Workspaces;
  secrets: Pick<SecretSource, 'natKeys'>;
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
      return unlessUnreadable(key, ledger.read(key), (entry) =>
        entry.status === 'pending' ? attempt(entry) : SKIPPED,
      );
    },

    /**
     * Puts a pending interaction off without a call, because its workspace keeps failing. It is due
     * soon, and its tries do not count from now.
     *
     * @throws if the ledger fails; the interaction is then still pending
     */
    async putOff(key: InteractionKey): Promise<DeliveryResult> {
      const isPutOff = await ledger.putOff(key, nextTryAt(1, undefined, Date.now()));
      return isPutOff ? { status: 'retrying', error: PUT_OFF } : SKIPPED;
    },

    /**
     * Tries a due interaction again, under a lease.
     *
     * @throws if the ledger fails; the interaction is due again when the lease ends
     */
    async redeliver(due: DueEntry): Promise<DeliveryResult> {
      const lease = ledger.lease(due, Date.now() + ATTEMPT_LEASE_MS);
      return unlessUnreadable(due, lease, attempt);
    },
  };

  /** An entry that cannot be read never will be, so it is dead. Faults of DynamoDB are thrown on. */
  async function unlessUnreadable(
    key: InteractionKey,
    reading: Promise<LedgerEntry | undefined>,
    deliver: (entry: LedgerEntry) => DeliveryResult | Promise<DeliveryResult>,
  ): Promise<DeliveryResult> {
    let entry: LedgerEntry | undefined;
    try {
      entry = await reading;
    } catch (error) {
      if (!(error instanceof UnreadableItemError)) throw error;
      const reason = 'entry unreadable';
      return (await ledger.bury(key, reason, Date.now()))
        ? { status: 'dead', error: reason }
        : SKIPPED;
    }
    return entry === undefined ? SKIPPED : deliver(entry);
  }

  async function attempt(entry: LedgerEntry): Promise<DeliveryResult> {
    const trace = parseTraceparent(entry.event?.traceparent);
    const result = await tryOnce(entry);
    return trace === undefined ? result : { ...result, traceId: trace.traceId };
  }

  async function tryOnce(entry: LedgerEntry): Promise<DeliveryResult> {
    const { event } = entry;
    if (event === undefined) return settle(entry, { status: 'dead', error: 'content missing' });
    const workspace = await findWorkspace(workspaceIdOf(entry));
    if (workspace === undefined) {
      // The index of workspaces may be behind, so the workspace may still appear.
      const outcome = outcomeOf({ verdict: 'may-pass', error: 'workspace unknown' }, entry);
      return { ...(await settle(entry, outcome)), failed: true };
    }
    const natKeys = await secrets.natKeys(workspace.natApiKey);
    const apiKey = unsealNatApiKey(natKeys, workspace);
    if (apiKey === undefined) {
      const result = await settleRejectedKey(entry, { error: 'key unreadable' }, workspace);
      return { ...result, failed: true };
    }
    const sentAt = performance.now();
    const answer = await nat({ apiKey, idempotencyKey: idempotencyKeyOf(entry), event });
    const natMs = Math.round(performance.now() - sentAt);
    const result = await settleAnswer(entry, answer, workspace);
    return {
      ...result,
      natMs,
      failed: answer.verdict !== 'accepted' && answer.verdict !== 'never',
    };
  }

  /** A record that cannot be read is as good as none: an operator can mend it. */
  async function findWorkspace(id: string): Promise<Workspace | undefined> {
    try {
      return await workspaces.findById(id);
    } catch (error) {
      if (error instanceof UnreadableItemError) return undefined;
      throw error;
    }
  }

  async function settleAnswer(
    entry: LedgerEntry,
    answer: NatResult,
    workspace: Workspace,
  ): Promise<DeliveryResult> {
    if (answer.verdict === 'key-rejected') return settleRejectedKey(entry, answer, workspace);
    const result = await settle(entry, outcomeOf(answer, entry));
    if (answer.verdict === 'accepted') await workspaces.unmarkNatKeyRejected(workspace);
    return answer.verdict === 'address-wrong' ? { ...result, natAddressWrong: true } : result;
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
    if (!(await ledger.settle(entry, outcome, now))) return SKIPPED;
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
  if (verdict === 'never' || isRetryWindowOver(retryWindowStart(entry, now), now)) {
    return { status: 'dead', error };
  }
  return {
    status: 'retrying',
    error,
    dueAt: nextTryAt(entry.attempts + 1, result.retryAfter, now),
  };
}
