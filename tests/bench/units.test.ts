import { expect, it } from 'vitest';
import {
  costOf,
  countConditionalPut,
  countIdentify,
  countPowertools,
} from '../../bench/compare/units.ts';

it('a new event costs a read and a write, an unseen duplicate a read, and a seen one nothing', async () => {
  expect(await countIdentify()).toEqual({
    new: { calls: 2, reads: 0.5, writes: 1 },
    unseen: { calls: 1, reads: 0.5, writes: 0 },
    seen: { calls: 0, reads: 0, writes: 0 },
  });
});

it("with 10 unseen duplicates, an event costs at most 0.3 of the units of Powertools' idempotency", async () => {
  const ours = costOf(await countIdentify(), 10, 'unseen');
  expect(ours / costOf(await countPowertools(), 10, 'unseen')).toBeLessThanOrEqual(0.3);
  expect(ours / costOf(await countConditionalPut(), 10, 'unseen')).toBeLessThanOrEqual(0.3);
});

it("Powertools' idempotency costs two writes for a new event, and a failed one for a duplicate", async () => {
  expect(await countPowertools()).toEqual({
    new: { calls: 2, reads: 0, writes: 2 },
    unseen: { calls: 1, reads: 0, writes: 1 },
    seen: { calls: 1, reads: 0, writes: 1 },
  });
});
