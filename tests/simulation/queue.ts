import { MINUTE_MS, SECOND_MS } from '../../lib/runtime/durations.ts';
import type { Random } from './random.ts';

/** As in resources/queue.yml. */
const VISIBILITY_TIMEOUT_MS = 6 * MINUTE_MS;
/** SQS refuses more. */
const MAX_DELAY_SECONDS = 900;

/** A message for `recover`. */
interface Message {
  body: string;
  /** When it comes next, ms of the virtual clock. */
  visibleAt: number;
}

/** Creates the queue of what the stream gave up. */
export function createSimulatedQueue(random: Random, violate: (what: string) => void) {
  const messages = new Set<Message>();
  return {
    /** When the next message comes, ms of the virtual clock; Infinity if there is none. */
    get nextAt(): number {
      return Math.min(...[...messages].map(({ visibleAt }) => visibleAt));
    },

    get isEmpty(): boolean {
      return messages.size === 0;
    },

    send(body: string, delaySeconds = 0): void {
      if (delaySeconds > MAX_DELAY_SECONDS) violate(`SQS delays nothing for ${delaySeconds} s`);
      messages.add({ body, visibleAt: Date.now() + delaySeconds * SECOND_MS });
    },

    /** Takes a message, if there is one. Unless it is deleted in time, it comes again. */
    take(): Message | undefined {
      const message = [...messages].find(({ visibleAt }) => visibleAt <= Date.now());
      if (message !== undefined) message.visibleAt = Date.now() + VISIBILITY_TIMEOUT_MS;
      return message;
    },

    /** Deletes a message that was handled. Once in a while it comes again all the same. */
    delete(message: Message): void {
      if (random.chance(0.95)) messages.delete(message);
    },
  };
}
