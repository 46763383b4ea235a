import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { REJECTIONS } from '../../lib/event/rejection.ts';

const page = readFileSync(new URL('../../docs/troubleshooting.md', import.meta.url), 'utf8');

it('docs/troubleshooting.md lists every code with its status, message and remedy, and no other', () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\d+) \| (.+?) \| (.+) \|$/gm)];
  const documented = rows.map(([, code, status, message]) => [code, Number(status), message]);
  const answered = Object.entries(REJECTIONS).map(([code, { status, message }]) => [
    code,
    status,
    message('FIELD', 'N'),
  ]);

  expect(documented).toEqual(answered);
  for (const [, , , , remedy] of rows) expect(remedy).toMatch(/\.$/);
});
