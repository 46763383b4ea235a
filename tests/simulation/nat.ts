import { classify, type Nat, type NatAnswer, type NatCall } from '../../lib/delivery/nat.ts';
import type { Random } from './random.ts';
import type { Invocation, Scheduler } from './scheduler.ts';

/** How Nat is today: how often it misbehaves. */
export interface NatMood {
  faultRate: number;
}

/** One call that reached Nat, for whoever checks. */
export interface ReceivedCall {
  invocation: Invocation;
  call: NatCall;
  /** ms of the virtual clock. */
  at: number;
}

/** What Nat's `Retry-After` said to an interaction: ms of the virtual clock. */
export interface Asked {
  invocation: Invocation;
  idempotencyKey: string;
  notBefore: number;
}

const HOUR_MS = 60 * 60 * 1000;
const STATUSES = [302, 400, 404, 408, 422, 423, 425, 429, 500, 501, 502, 503, 504] as const;
const RETRY_AFTER = ['5', '600', '7200', '86400', '-1', 'soon', '1e99', 'a date'] as const;
/** How a call ends of which nothing comes back: it may have got there, or not. */
const BREAKS = [
  Object.assign(new Error('cut off'), { code: 'ECONNRESET' }),
  Object.assign(new Error('late'), { name: 'TimeoutError' }),
] as const;
const UNREACHED = [
  ...BREAKS,
  new Error('fetch failed', { cause: Object.assign(new Error('no such'), { code: 'ENOTFOUND' }) }),
] as const;

/**
 * A Nat that knows nothing of days: it adds whatever has a new `Idempotency-Key`, so that a second
 * interaction of a day would be seen.
 */
export function createSimulatedNat(parts: {
  scheduler: Scheduler;
  random: Random;
  mood: NatMood;
  onCall: (received: ReceivedCall) => void;
  onAsked: (asked: Asked) => void;
}) {
  const { scheduler, random, mood } = parts;
  const timeline = new Map<string, NatCall>();
  const goodKeys = new Set<string>();

  const nat: Nat = (call) => {
    const invocation = scheduler.invocation();
    return scheduler.step<NatAnswer>('nat', {
      perform: async () => answer(invocation, call),
      fail: async (tookEffect) => {
        parts.onCall({ invocation, call, at: Date.now() });
        if (tookEffect && goodKeys.has(call.apiKey)) add(call);
        return classify({ error: random.pick(tookEffect ? BREAKS : UNREACHED) });
      },
    });
  };
  return { nat, timeline, goodKeys };

  function answer(invocation: Invocation, call: NatCall): NatAnswer {
    parts.onCall({ invocation, call, at: Date.now() });
    const rejected = !goodKeys.has(call.apiKey);
    if (!rejected && !random.chance(mood.faultRate)) {
      add(call);
      return classify({ status: random.pick([200, 201, 202, 204]), retryAfter: null });
    }
    const { retryAfter, waitMs } = someRetryAfter();
    const status = rejected ? random.pick([401, 403]) : random.pick(STATUSES);
    const end = classify({ status, retryAfter });
    if (end.verdict !== 'never' && waitMs !== undefined) {
      const notBefore = Date.now() + Math.min(waitMs, 6 * HOUR_MS);
      parts.onAsked({ invocation, idempotencyKey: call.idempotencyKey, notBefore });
    }
    return end;
  }

  /** Often none; seconds, a date, or what means nothing. */
  function someRetryAfter(): { retryAfter: string | null; waitMs?: number } {
    if (!random.chance(0.3)) return { retryAfter: null };
    const retryAfter = random.pick(RETRY_AFTER);
    if (retryAfter === 'a date') {
      const at = Math.floor((Date.now() + random.int(7 * HOUR_MS)) / 1000) * 1000;
      return { retryAfter: new Date(at).toUTCString(), waitMs: at - Date.now() };
    }
    return { retryAfter, ...(/^\d+$/.test(retryAfter) && { waitMs: Number(retryAfter) * 1000 }) };
  }

  function add(call: NatCall): void {
    if (!timeline.has(call.idempotencyKey)) timeline.set(call.idempotencyKey, call);
  }
}
