import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalize } from '../../lib/event/normalize.ts';
import { Rejection } from '../../lib/event/rejection.ts';
import { outcomeOf } from '../rules/rejected.ts';
import { generatedEvent } from './generated-events.ts';
import { type Reading, readNaively } from './naive-reading.ts';

const NOW = Date.UTC(2026, 10, 24, 12, 0, 0);
const HOUR_MS = 3_600_000;
const STANDARD_MESSAGE = 'Used the product';
const EVENTS = 10_000;
/** Always the same events: another seed finds new ones. */
const SEED = 1;

/** Time zones, and their hours ahead of UTC. The sign in `Etc/GMT-14` is the other way round. */
const ZONES = { UTC: 0, 'Etc/GMT-14': 14, 'Etc/GMT+12': -12 };

function readBy(zone: keyof typeof ZONES, event: unknown): { lib: Reading; naive: Reading } {
  const dayOf = (timestamp: number) =>
    new Date(timestamp + ZONES[zone] * HOUR_MS).toISOString().slice(0, 10);
  const naive = readNaively(event, { standardMessage: STANDARD_MESSAGE, dayOf, now: NOW });
  const settings = { timeZone: zone, standardMessage: STANDARD_MESSAGE };
  const outcome = outcomeOf(() => normalize(event, settings, NOW));
  if (!(outcome instanceof Rejection)) return { lib: outcome, naive };
  return { lib: outcome.status === 501 ? 'ignored' : 'rejected', naive };
}

describe('lib and a naive reading of the documents', () => {
  it('agree about every event', { timeout: 600_000 }, () => {
    const counts = new Map<string, number>();
    const zones = fc.constantFrom<keyof typeof ZONES>('UTC', 'Etc/GMT-14', 'Etc/GMT+12');
    fc.assert(
      fc.property(zones, generatedEvent(NOW), (zone, event) => {
        const { lib, naive } = readBy(zone, event);
        expect(lib).toEqual(naive);
        const outcome = typeof lib === 'string' ? lib : lib.format;
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      }),
      { numRuns: EVENTS, seed: SEED },
    );
    // A good mixture: agreement about a rare outcome would prove little.
    const share = (outcome: string) => (counts.get(outcome) ?? 0) / EVENTS;
    for (const format of ['recommended', 'top_level', 'event_name']) {
      expect(share(format), format).toBeGreaterThan(0.03);
    }
    expect(share('rejected')).toBeGreaterThan(0.2);
    expect(share('ignored')).toBeGreaterThan(0.02);
  });
});
