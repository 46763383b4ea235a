import pMap from 'p-map';
import type { InteractionKey } from '../ledger/entry.ts';
import { CONCURRENT_REPAIRS, type Repairs } from '../ledger/repairs.ts';
import { STUCK_AFTER_MS } from '../ledger/status/pending.ts';
import type { ReadStream } from '../ledger/stream.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../runtime/durations.ts';
import { createPace } from './pace.ts';
import { parseMessage, type Sweep, toMessage } from './recovery-messages.ts';

/** How many recovered interactions of one container become due in one second. */
const RECOVERED_PER_SECOND = 10;
/** A sweep reads another page only with as much time left, ms. */
export const MAX_PAGE_MS = 30 * SECOND_MS;
/** SQS delays no message for longer. */
const MAX_DELAY_MS = 15 * MINUTE_MS;
/**
 * The stream keeps a record for 24 hours. When it gives up records that are nearly as old, it may
 * have dropped older ones without a message: the trigger was off, for example.
 */
const SURELY_KEPT_MS = 20 * HOUR_MS;

/** What recovery works with. */
export interface RecoveryDependencies {
  repairs: Pick<Repairs, 'findStuck' | 'recover'>;
  readStream: ReadStream;
  /** Sends a message to the queue that `recover` takes its messages from. */
  send: (message: string, delaySeconds: number) => Promise<void>;
}

/** What happened to a sweep. */
type SweepStep = 'started' | 'started before' | 'waiting' | 'continued' | 'done';

/** What came of one message. */
export interface RecoveryResult {
  /** How many interactions were made due. */
  recovered: number;
  /** Absent if the message needs no sweep. */
  sweep?: SweepStep;
}

export type Recovery = ReturnType<typeof createRecovery>;

/**
 * Creates what brings back interactions that the stream gave up: they are pending, and nothing else
 * would ever deliver them. It makes them due, and then `redeliver` takes them.
 *
 * Where the stream has forgotten its records, a sweep reads the whole table for what is pending for
 * more than an hour. So nothing is read while nothing is stuck.
 */
export function createRecovery({ repairs, readStream, send }: RecoveryDependencies) {
  const nextDueAt = createPace(RECOVERED_PER_SECOND);
  /** What was accepted until then is found by a sweep that was started here, ms since the epoch. */
  let sweptUntil = 0;
  return {
    /**
     * Handles a message of the queue. The same message may come again at any time.
     *
     * @param message the body: a failed batch of the stream, or a sweep
     * @param remainingMs how much time this invocation has left, ms
     * @throws if DynamoDB or the queue fails; the message must then come again
     */
    async recover(message: string, remainingMs: () => number): Promise<RecoveryResult> {
      const parsed = parseMessage(message);
      if (parsed === undefined) {
        // Of many such messages, those of the same hour need one sweep.
        return { recovered: 0, sweep: await startSweep(endOfHour()) };
      }
      if ('acceptedUntil' in parsed) return resumeSweep(parsed, remainingMs);
      const { range, firstWrittenAt, lastWrittenAt } = parsed;
      const { pending, complete } = await readStream(range);
      const recovered = await recoverAll(pending);
      if (complete && Date.now() - firstWrittenAt < SURELY_KEPT_MS) return { recovered };
      return { recovered, sweep: await startSweep(lastWrittenAt) };
    },
  };

  /** @param acceptedUntil what must be found was accepted until then, ms since the epoch */
  async function startSweep(acceptedUntil: number): Promise<SweepStep> {
    if (acceptedUntil <= sweptUntil) return 'started before';
    const sweep = { acceptedUntil: Math.max(acceptedUntil, Date.now() - STUCK_AFTER_MS) };
    await sendSweep(sweep);
    sweptUntil = sweep.acceptedUntil;
    return 'started';
  }

  async function resumeSweep(sweep: Sweep, remainingMs: () => number): Promise<RecoveryResult> {
    let recovered = 0;
    if (startOf(sweep) > Date.now()) {
      await sendSweep(sweep);
      return { recovered, sweep: 'waiting' };
    }
    for await (const { entries, next } of repairs.findStuck(sweep, sweep.from)) {
      recovered += await recoverAll(entries);
      if (next === undefined || remainingMs() >= MAX_PAGE_MS) continue;
      await sendSweep({ ...sweep, from: next });
      return { recovered, sweep: 'continued' };
    }
    return { recovered, sweep: 'done' };
  }

  function sendSweep(sweep: Sweep): Promise<void> {
    const delayMs = Math.min(Math.max(startOf(sweep) - Date.now(), 0), MAX_DELAY_MS);
    return send(toMessage(sweep), Math.ceil(delayMs / SECOND_MS));
  }

  async function recoverAll(keys: InteractionKey[]): Promise<number> {
    const recovered = await pMap(keys, (key) => repairs.recover(key, nextDueAt(), Date.now()), {
      concurrency: CONCURRENT_REPAIRS,
    });
    return recovered.filter(Boolean).length;
  }
}

/** Before that, what the sweep must find may still be on its way through the stream. */
function startOf({ acceptedUntil }: Sweep): number {
  return acceptedUntil + STUCK_AFTER_MS;
}

function endOfHour(): number {
  return Math.ceil(Date.now() / HOUR_MS) * HOUR_MS;
}
