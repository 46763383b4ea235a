import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** Long enough to turn a burst into one message, short enough to look immediate. */
const GATHER_MS = 100;

/** What a page can show. */
export type Subject = 'contacts' | 'requests' | 'faults';

/** Tells readers what has changed. */
export type Changes = ReturnType<typeof createChanges>;

/** Gathers changes for one reader. */
export interface ChangeFeed {
  /** Waits for a change, or for `close`; then gives everything that changed. */
  next(): Promise<Subject[]>;
  close(): void;
}

/** Creates a place where changes are announced and gathered. */
export function createChanges() {
  const emitter = new EventEmitter<{ change: [Subject] }>().setMaxListeners(0);

  return {
    /** Announces that something changed. */
    announce(subject: Subject): void {
      emitter.emit('change', subject);
    },

    /**
     * Starts to gather changes until the feed is closed. A burst never queues up: a slow reader gets
     * fewer answers.
     */
    watch(): ChangeFeed {
      const changed = new Set<Subject>();
      let firstChange = Promise.withResolvers<void>();
      emitter.on('change', onChange);
      return {
        async next() {
          await firstChange.promise;
          await delay(GATHER_MS, undefined, { ref: false });
          const subjects = [...changed];
          changed.clear();
          firstChange = Promise.withResolvers();
          return subjects;
        },
        close() {
          emitter.off('change', onChange);
          firstChange.resolve();
        },
      };

      function onChange(subject: Subject): void {
        changed.add(subject);
        firstChange.resolve();
      }
    },
  };
}
