import { classify, type Nat, type NatAnswer, type NatCall } from '../../lib/nat.ts';
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
  idempotencyKey: string;
  notBefore: number;
}

const HOUR_MS = 60 * 60 * 1000;
const STATUSES = [302, 400, 404, 408, 422, 423, 425, 429, 500, 501, 502, 503, 504] as const;
const RETRY_AFTER = ['5', '600', '7200', '86400', '-1', 'soon', '1e99'] as const;

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
        return classify({ error: Object.assign(new Error('cut off'), { code: 'ECONNRESET' }) });
      },
    });
  };
  return { nat, timeline, goodKeys };

  function answer(invocation: Invocation, call: NatCall): NatAnswer {
    parts.onCall({ invocation, call, at: Date.now() });
    if (!goodKeys.has(call.apiKey)) return classify({ status: 401, retryAfter: null });
    if (!random.chance(mood.faultRate)) {
      add(call);
      return classify({ status: random.pick([200, 201, 202, 204]), retryAfter: null });
    }
    const retryAfter = random.chance(0.3) ? random.pick(RETRY_AFTER) : null;
    const end = classify({ status: random.pick(STATUSES), retryAfter });
    if (end.verdict === 'may-pass' && /^\d+$/.test(retryAfter ?? '')) {
      const wait = Math.min(Number(retryAfter) * 1000, 6 * HOUR_MS);
      parts.onAsked({ idempotencyKey: call.idempotencyKey, notBefore: Date.now() + wait });
    }
    return end;
  }

  function add(call: NatCall): void {
    if (!timeline.has(call.idempotencyKey)) timeline.set(call.idempotencyKey, call);
  }
}
