import { classify, type Nat, type NatCall, type NatResult } from '../../lib/delivery/nat.ts';
import { RETRY_SCHEDULE } from '../../lib/delivery/retry-schedule.ts';
import { HOUR_MS, SECOND_MS } from '../../lib/runtime/durations.ts';
import type { Random } from './random.ts';
import type { Invocation, Scheduler } from './scheduler.ts';

/** How often Nat misbehaves. */
export interface NatMood {
  faultRate: number;
}

/** A call that reached Nat. */
export interface ReceivedCall {
  invocation: Invocation;
  call: NatCall;
  /** ms of the virtual clock. */
  at: number;
}

/** The result of a call. */
export interface Answered {
  invocation: Invocation;
  idempotencyKey: string;
  result: NatResult;
  /** The earliest next call that `Retry-After` allows, ms of the virtual clock. */
  notBefore?: number;
}

const STATUSES = [
  302, 400, 404, 405, 408, 409, 410, 422, 423, 425, 429, 500, 501, 502, 503, 504,
] as const;
const RETRY_AFTER = ['5', '600', '7200', '86400', '-1', 'soon', '1e99', 'a date'] as const;
/** Errors of a call without a response. The call may have reached Nat. */
const BREAKS = [
  Object.assign(new Error('cut off'), { code: 'ECONNRESET' }),
  Object.assign(new Error('late'), { name: 'TimeoutError' }),
] as const;
const UNREACHED = [
  ...BREAKS,
  new Error('fetch failed', { cause: Object.assign(new Error('no such'), { code: 'ENOTFOUND' }) }),
] as const;

/**
 * Creates a Nat that does not check days. It adds every call with a new `Idempotency-Key`, so that a
 * second interaction of a day would be seen.
 */
export function createSimulatedNat(parts: {
  scheduler: Scheduler;
  random: Random;
  mood: NatMood;
  onCall: (received: ReceivedCall) => void;
  onAnswered: (answered: Answered) => void;
}) {
  const { scheduler, random, mood } = parts;
  const timeline = new Map<string, NatCall>();
  const goodKeys = new Set<string>();

  const nat: Nat = (call) => {
    const invocation = scheduler.invocation();
    return scheduler.step<NatResult>('nat', {
      perform: async () => answer(invocation, call),
      fail: async (tookEffect) => {
        parts.onCall({ invocation, call, at: Date.now() });
        if (tookEffect && goodKeys.has(call.apiKey)) add(call);
        const result = classify({ error: random.pick(tookEffect ? BREAKS : UNREACHED) });
        parts.onAnswered({ invocation, idempotencyKey: call.idempotencyKey, result });
        return result;
      },
    });
  };
  return { nat, timeline, goodKeys };

  function answer(invocation: Invocation, call: NatCall): NatResult {
    parts.onCall({ invocation, call, at: Date.now() });
    const { status, retryAfter, waitMs } = someResponse(call);
    const result = classify({ status, retryAfter });
    const { longestDelayMs } = RETRY_SCHEDULE;
    parts.onAnswered({
      invocation,
      idempotencyKey: call.idempotencyKey,
      result,
      ...(waitMs !== undefined && { notBefore: Date.now() + Math.min(waitMs, longestDelayMs) }),
    });
    return result;
  }

  function someResponse(call: NatCall) {
    const rejected = !goodKeys.has(call.apiKey);
    if (!rejected && !random.chance(mood.faultRate)) {
      add(call);
      return { status: random.pick([200, 201, 202, 204]), retryAfter: null };
    }
    const asked = someRetryAfter();
    return { status: rejected ? random.pick([401, 403]) : random.pick(STATUSES), ...asked };
  }

  /** Mostly none, else seconds, a date, or nonsense. */
  function someRetryAfter(): { retryAfter: string | null; waitMs?: number } {
    if (!random.chance(0.3)) return { retryAfter: null };
    const retryAfter = random.pick(RETRY_AFTER);
    if (retryAfter === 'a date') {
      const at = Math.floor((Date.now() + random.int(7 * HOUR_MS)) / SECOND_MS) * SECOND_MS;
      return { retryAfter: new Date(at).toUTCString(), waitMs: at - Date.now() };
    }
    return {
      retryAfter,
      ...(/^\d+$/.test(retryAfter) && { waitMs: Number(retryAfter) * SECOND_MS }),
    };
  }

  function add(call: NatCall): void {
    if (!timeline.has(call.idempotencyKey)) timeline.set(call.idempotencyKey, call);
  }
}
