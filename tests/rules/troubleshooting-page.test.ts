import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { REJECTIONS } from '../../lib/event/rejection.ts';

const page = readFileSync(new URL('../../docs/troubleshooting.md', import.meta.url), 'utf8');
const DETAILS: Record<string, string> = {
  type: 'a string, an object, an array of events',
  retention: 'one of the last N days, which are kept',
};

it('docs/troubleshooting.md holds every message, its status and its remedy, and no other', () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\d+) \| (.+?) \| (.+) \|$/gm)];
  const said = rows.map(([, reason, status, expected]) => [reason, Number(status), expected]);
  const answered = Object.entries(REJECTIONS).map(([reason, { status, expected }]) => [
    reason,
    status,
    DETAILS[reason] ?? expected,
  ]);

  expect(said).toEqual(answered);
  for (const [, , , , remedy] of rows) expect(remedy).toMatch(/\.$/);
});
