import { createHash } from 'node:crypto';
import {
  type DueEntry,
  type InteractionKey,
  interactionId,
  type LedgerEntry,
  workspaceIdOf,
} from '../ledger/entry.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Outcome } from '../ledger/outcome.ts';
import { TABLE_CALL_MS } from '../runtime/dynamodb.ts';
import type { Secrets } from '../runtime/secrets.ts';
import {
  WORKSPACE_CHANGE_SEEN_MS,
  type Workspace,
  type Workspaces,
} from '../workspaces/workspaces.ts';
import { NAT_CALL_MS, type Nat, type NatAnswer } from './nat.ts';
import { isGivenUp, nextTryAt, notBefore } from './retry-schedule.ts';

/**
 * What a try may take: it reads or leases, finds the workspace, calls Nat, may mark the key, and
 * settles; and some for what this process does itself. No try is begun with less left.
 */
export const MAX_ATTEMPT_MS = 4 * TABLE_CALL_MS + NAT_CALL_MS + 2000;
/** Longer than a try. */
export const ATTEMPT_LEASE_MS = 2 * 60 * 1000;

/** What a delivery came to, for logs and metrics. */
export interface DeliveryResult {
  /** `skipped`: there was nothing to do, or somebody else did it meanwhile. */
  status: Outcome['status'] | 'skipped';
  /** Why it was not delivered. */
  error?: string;
  /** How long Nat took, ms; absent if it was not called. */
  natMs?: number;
  /** How long the interaction has waited since it was accepted, ms; absent once it is settled. */
  waitedMs?: number;
  /** Whether Nat could not take it for now, as it might any; absent if Nat was not called. */
  natFailed?: boolean;
  /** Whether it is the first rejection of the key, by Nat or because it is unreadable. */
  natKeyRejected?: boolean;
}

/** What a delivery needs. */
export interface DeliveryDependencies {
  ledger: Ledger;
  workspaces: Workspaces;
  secrets: Secrets;
  nat: Nat;
}

/** Brings interactions from the ledger to Nat. */
export type Delivery = ReturnType<typeof createDelivery>;

/** Wires a delivery. */
export function createDelivery({ ledger, workspaces, secrets, nat }: DeliveryDependencies) {
  return {
    /**
     * Delivers a pending interaction: reads its current state, sends, settles. Whatever is not
     * pending any more is left alone, so a repeated stream record sends nothing twice.
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
     * @throws if the ledger fails; the lease then gives the interaction back
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
      // It may be there all the same: the index by which it is found may be behind.
      const answer = { verdict: 'may-pass', error: 'workspace unknown' } as const;
      return settle(entry, settlementOf(answer, entry));
    }
    const apiKey = natKeyOf(workspace);
    if (apiKey === undefined) {
      return settleRejected(entry, { verdict: 'key-rejected', error: 'key unreadable' }, workspace);
    }
    const sentAt = performance.now();
    const answer = await nat({ apiKey, idempotencyKey: idempotencyKeyOf(entry), event });
    const natMs = Math.round(performance.now() - sentAt);
    const result =
      answer.verdict === 'key-rejected'
        ? await settleRejected(entry, answer, workspace)
        : await settle(entry, settlementOf(answer, entry));
    return { ...result, natMs, natFailed: answer.verdict === 'may-pass' };
  }

  /** As rejected as one that Nat rejects: a new key mends both, and an alarm asks for it. */
  function natKeyOf({ id, natApiKey }: Workspace): string | undefined {
    try {
      return secrets.unseal(natApiKey, `${id} natApiKey`);
    } catch {
      return undefined;
    }
  }

  /** Puts off for as long as it takes to mend the key: that counts for none of the 72 hours. */
  async function settleRejected(
    entry: LedgerEntry,
    { error, retryAfter }: NatAnswer & { verdict: 'key-rejected' },
    workspace: Workspace,
  ): Promise<DeliveryResult> {
    const now = Date.now();
    const rejection = await workspaces.markNatKeyRejected(workspace, now);
    const replaced = rejection === 'replaced';
    const dueAt = replaced
      ? Math.max(now + WORKSPACE_CHANGE_SEEN_MS, notBefore(retryAfter, now))
      : nextTryAt(entry.attempts + 1, retryAfter, now);
    const result = await settle(entry, {
      status: 'retrying',
      error,
      dueAt,
      restartsRetryWindow: true,
    });
    return replaced ? result : { ...result, natKeyRejected: rejection === 'marked' };
  }

  async function settle(entry: LedgerEntry, settlement: Outcome): Promise<DeliveryResult> {
    const now = Date.now();
    if (!(await ledger.settle(entry, settlement, now))) return { status: 'skipped' };
    if (settlement.status === 'delivered') return { status: 'delivered' };
    const { status, error } = settlement;
    if (status === 'dead') return { status, error };
    return { status, error, waitedMs: now - Date.parse(entry.acceptedAt) };
  }
}

function settlementOf(
  answer: Exclude<NatAnswer, { verdict: 'key-rejected' }>,
  { attempts, acceptedAt, retryWindowStartsAt }: LedgerEntry,
): Outcome {
  if (answer.verdict === 'accepted') return { status: 'delivered' };
  const { error } = answer;
  const now = Date.now();
  if (answer.verdict === 'never' || isGivenUp(retryWindowStartsAt ?? acceptedAt, now)) {
    return { status: 'dead', error };
  }
  return { status: 'retrying', error, dueAt: nextTryAt(attempts + 1, answer.retryAfter, now) };
}

/**
 * The same for every try of the same interaction, which is the contact's one of that day: even what
 * takes the place of a dead one whose answers were lost cannot become a second at Nat.
 */
function idempotencyKeyOf(key: InteractionKey): string {
  return createHash('sha256').update(interactionId(key)).digest('base64url');
}
