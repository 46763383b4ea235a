import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../lib/runtime/durations.ts';
import { createDepth } from './depth.ts';
import { simulate } from './simulate.ts';

/** Always the same runs, which are deep for what they cost. `npm run simulate` finds new ones. */
const SEEDS = [23, 26, 47, 56, 64, 65, 73, 79, 81, 104, 107, 115, 117];
/** What the runs must contain, so that they test all promises. */
const MUST_HAPPEN = [
  ...['fails', 'hangs', 'flaky'].map((trouble) => `DynamoDB: ${trouble}`),
  ...['down', 'hangs', 'moved', 'refuses', 'throttles'].flatMap((trouble) => [
    `Nat for all: ${trouble}`,
    `Nat for one: ${trouble}`,
  ]),
  ...['identify', 'deliver', 'redeliver', 'operate'].map((name) => `${name} crashed`),
  'one interaction of a batch was throttled',
  ...['answered 200', 'answered 401', 'answered 403', 'answered 503'],
  ...['a new event replaced a dead one', 'putOff by deliver', 'settled by deliver'],
  ...['given up by the stream', 'redriven by recover', 'a sweep, or its next part, was ordered'],
  ...['released by operate', 'hastened by operate', 'redriven by operate', 'deleted by operate'],
  ...['contact.forget', 'interactions.redrive', 'interactions.redrive waiting'],
  ...['workspace.add timeZone deletions', 'workspace.update timeZone'],
  ...['workspace.rotate', 'workspace.disable', 'workspace.enable', 'workspace.remove from'],
  ...['workspace.update sharedSecret', 'contact.forget cut off', 'interactions.redrive cut off'],
  ...['a user is deleted', 'a deletion was completed', 'answered 501'],
  ...['deleted by identify', 'deleted by redeliver', 'workspace.update deletions'],
  ...['secrets.rotate', 'secrets.rotate cut off'],
];

describe('whatever fails: nothing lost, nothing twice, no address kept, nobody waits for others', () => {
  const depth = createDepth();
  it.each(SEEDS)('in the run of seed %i', async (seed) => {
    const violations = await simulate(seed, depth);
    expect(violations, `npm run simulate -- --runs 1 --seed ${seed}`).toEqual([]);
  });

  it('and many deliveries took many tries, over days', () => {
    expect(depth.deliveries).toBeGreaterThan(200);
    expect(depth.deep / depth.deliveries).toBeGreaterThan(0.4);
    expect(depth.mostTries).toBeGreaterThan(15);
    expect(depth.longestOutageMs).toBeGreaterThan(72 * HOUR_MS);
  });

  it('and all faults, commands and repairs took part', () => {
    expect(MUST_HAPPEN.filter((what) => !depth.happened.has(what))).toEqual([]);
  });
});
