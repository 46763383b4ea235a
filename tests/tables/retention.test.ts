import { expect, it } from 'vitest';
import { normalize } from '../../lib/normalize.ts';
import { Refusal } from '../../lib/refusal.ts';
import { embeddedTables, existing } from './embedded.ts';

const RETENTION_DAYS = 7;
const DAY_MS = 24 * 60 * 60 * 1000;
const NOW = Date.parse('2026-11-24T08:00:00Z');
const tables = embeddedTables(RETENTION_DAYS);

it('expires an interaction only when every event of its day is too old to be accepted', async () => {
  const { ledger } = tables();
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
  for (const timestamp of [NOW + DAY_MS, NOW, NOW - RETENTION_DAYS * DAY_MS]) {
    const interaction = normalize(at(timestamp), settings, NOW);
    const key = { contact: `acme#${timestamp}`, day: interaction.day };
    await ledger.accept(key, interaction, NOW);
    const { expiresAt = 0 } = await existing(ledger.read(key));
    // The latest instant of a day is 24 hours after its first, wherever in the world.
    const lastOfDay = timestamp + DAY_MS;
    expect(() => normalize(at(lastOfDay), settings, expiresAt * 1000)).toThrow(Refusal);
    expect(expiresAt * 1000).toBeGreaterThan(NOW + RETENTION_DAYS * DAY_MS);
  }
});
