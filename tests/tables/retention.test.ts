import { expect, it } from 'vitest';
import { normalize } from '../../lib/event/normalize.ts';
import { Rejection } from '../../lib/event/rejection.ts';
import { DAY_MS, SECOND_MS } from '../../lib/runtime/durations.ts';
import { embeddedTables, existing } from './embedded.ts';

const RETENTION_DAYS = 7;
const NOW = Date.parse('2026-11-24T08:00:00Z');
const tables = embeddedTables(RETENTION_DAYS);

const settings = {
  timeZone: 'Pacific/Kiritimati',
  standardMessage: 'Used the product',
  retentionDays: RETENTION_DAYS,
};
const at = (timestamp: number) => ({
  type: 'identify',
  email: 'peter@example.com',
  timestamp: new Date(timestamp).toISOString(),
});

it.each([0, 30])(
  'expires what was delivered, %i days later, only when every event of its day is too old to be accepted',
  async (daysLater) => {
    const { ledger } = tables();
    for (const timestamp of [NOW + DAY_MS, NOW, NOW - RETENTION_DAYS * DAY_MS]) {
      const interaction = normalize(at(timestamp), settings, NOW);
      const key = { contact: `acme#${timestamp}-${daysLater}`, day: interaction.day };
      await ledger.accept(key, interaction, NOW);
      const settledAt = NOW + daysLater * DAY_MS;
      await ledger.settle(await existing(ledger.read(key)), { status: 'delivered' }, settledAt);
      const { expiresAt = 0 } = await existing(ledger.read(key));
      // The latest instant of a day is 24 hours after its first, wherever in the world.
      const lastOfDay = timestamp + DAY_MS;
      expect(() => normalize(at(lastOfDay), settings, expiresAt * SECOND_MS)).toThrow(Rejection);
      expect(expiresAt * SECOND_MS).toBeGreaterThan(settledAt + RETENTION_DAYS * DAY_MS);
    }
  },
);

it('expires nothing that waits for Nat or for an operator', async () => {
  const { ledger } = tables();
  const { email, timestamp, description, day } = normalize(at(NOW), settings, NOW);
  const key = { contact: 'acme#waiting', day };
  await ledger.accept(key, { email, timestamp, description }, NOW);
  const steps = [
    { status: 'retrying', error: 'status 401', dueAt: NOW },
    { status: 'dead', error: 'status 400' },
  ] as const;
  for (const outcome of steps) {
    const entry = await existing(ledger.read(key));
    expect(entry).not.toHaveProperty('expiresAt');
    await ledger.settle(entry, outcome, NOW);
  }
  expect(await existing(ledger.read(key))).not.toHaveProperty('expiresAt');
});
