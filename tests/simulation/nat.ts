import {
  classify,
  NAT_CALL_TIMEOUT_MS,
  type Nat,
  type NatCall,
  type NatResult,
} from '../../lib/delivery/nat.ts';
import { RETRY_SCHEDULE } from '../../lib/delivery/retry-schedule.ts';
import { HOUR_MS, SECOND_MS } from '../../lib/runtime/durations.ts';
import { customerOf } from './customers.ts';
import type { Moods, Trouble, TroubleKind } from './moods.ts';
import type { Random } from './random.ts';
import type { Invocation, Scheduler } from './scheduler.ts';

/** A call that reached Nat. */
export interface ReceivedCall {
  invocation: Invocation;
  call: NatCall;
}

/** The result of a call. */
export interface Answered {
  invocation: Invocation;
  call: NatCall;
  result: NatResult;
  /** When the call began, ms of the virtual clock. */
  since: number;
  /** The earliest next call that `Retry-After` allows, ms of the virtual clock. */
  notBefore?: number;
}

const STATUSES: Record<TroubleKind, readonly [number, ...number[]]> = {
  mixed: [302, 400, 404, 405, 408, 409, 410, 422, 423, 425, 429, 500, 501, 502, 503, 504],
  refuses: [400, 422, 501],
  throttles: [429],
  down: [500, 502, 503, 504],
  hangs: [504],
  moved: [301, 302, 404, 405, 410],
};
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

/** What a simulated Nat works with. */
interface NatParts {
  scheduler: Scheduler;
  random: Random;
  moods: Moods;
  onCall: (received: ReceivedCall) => void;
  onAnswered: (answered: Answered) => void;
}

/**
 * Creates a Nat that does not check days. It adds every call with a new `Idempotency-Key`, so that a
 * second interaction of a day would be seen.
 */
export function createSimulatedNat({ scheduler, random, moods, onCall, onAnswered }: NatParts) {
  const timeline = new Map<string, NatCall>();
  const goodKeys = new Set<string>();
  /** When a customer's call was accepted last, ms of the virtual clock. */
  const acceptedAt = new Map<string, number>();

  const nat: Nat = (call) => {
    const invocation = scheduler.invocation();
    const since = Date.now();
    const trouble = () => moods.troubleOf(customerOf(call.event.email));
    const isAffected = random.next();
    return scheduler.step<NatResult>({
      timeoutMs: NAT_CALL_TIMEOUT_MS,
      hangs: () => trouble()?.kind === 'hangs' && isAffected < (trouble()?.rate ?? 0),
      failureRate: () => (trouble()?.kind === 'down' ? 0.5 : moods.flakiness()),
      perform: async () => {
        onCall({ invocation, call });
        const { status, retryAfter, waitMs } = someResponse(call, trouble());
        const result = classify({ status, retryAfter });
        const notBefore = Date.now() + Math.min(waitMs ?? 0, RETRY_SCHEDULE.longestDelayMs);
        const asked = waitMs === undefined ? {} : { notBefore };
        onAnswered({ invocation, call, result, since, ...asked });
        return result;
      },
      fail: async (tookEffect) => {
        onCall({ invocation, call });
        if (tookEffect && goodKeys.has(call.apiKey)) add(call);
        const result = classify({ error: random.pick(tookEffect ? BREAKS : UNREACHED) });
        onAnswered({ invocation, call, result, since });
        return result;
      },
    });
  };
  return { nat, timeline, goodKeys, acceptedAt };

  function someResponse(call: NatCall, trouble: Trouble | undefined) {
    const isRejected = !goodKeys.has(call.apiKey);
    if (!isRejected && (trouble === undefined || !random.chance(trouble.rate))) {
      add(call);
      acceptedAt.set(customerOf(call.event.email), Date.now());
      return { status: random.pick([200, 201, 202, 204]), retryAfter: null };
    }
    const status = isRejected
      ? random.pick([401, 403])
      : random.pick(STATUSES[trouble?.kind ?? 'mixed']);
    return { status, ...someRetryAfter() };
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
