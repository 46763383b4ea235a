import { expect, it } from 'vitest';
import { measureOurs, measurePlainPut, measurePowertools } from '../../bench/units/costs.ts';

const DUPLICATES = [0, 1, 10, 100];
/** An eventually consistent read of less than 4 KB. */
const READ = 0.5;

it('a new event costs a read and a write, a duplicate that this container has seen nothing', async () => {
  const costs = await measureOurs('seen', DUPLICATES);
  expect(costs).toMatchObject(
    DUPLICATES.map((duplicates) => ({ duplicates, calls: 2, reads: READ, writes: 1 })),
  );
});

it('a duplicate that this container has not seen costs half a read unit', async () => {
  const costs = await measureOurs('unseen', DUPLICATES);
  expect(costs).toMatchObject(
    DUPLICATES.map((duplicates) => ({
      duplicates,
      calls: 2 + duplicates,
      reads: (1 + duplicates) * READ,
      writes: 1,
    })),
  );
});

it('at ten duplicates it is at most 0.3 times what the idempotency of Powertools costs', async () => {
  const [ours, powertools] = await Promise.all([
    measureOurs('unseen', [10]),
    measurePowertools([10]),
  ]);
  expect(ours[0]?.total).toBeLessThanOrEqual(0.3 * (powertools[0]?.total ?? 0));
});

it('what it is compared with costs a write for each duplicate', async () => {
  expect(await measurePowertools(DUPLICATES)).toMatchObject(
    DUPLICATES.map((duplicates) => ({ calls: 2 + duplicates, writes: 2 + duplicates })),
  );
  expect(await measurePlainPut(DUPLICATES)).toMatchObject(
    DUPLICATES.map((duplicates) => ({ calls: 1 + duplicates, writes: 1 + duplicates })),
  );
});
