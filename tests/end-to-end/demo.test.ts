import { expect, it } from 'vitest';
import { readFigures } from '../../offline/demo/figures.ts';
import { playDay } from '../../offline/demo/play-day.ts';
import { startFreshStack } from './fresh-stack.ts';

it('the demo ends with one interaction per contact, although Nat was down and events were wrong', async () => {
  const stack = await startFreshStack();
  try {
    const printed: string[] = [];
    await playDay(stack, (line) => printed.push(line), 0);

    expect(printed.join('\n')).toMatch(/Nat is back, and [1-9]\d* interactions wait for it/);
    const figures = await readFigures(stack.natUrl);
    expect(figures).toContain('    9  events accepted\n');
    expect(figures).toContain('    2  events rejected\n');
    expect(figures).toContain('    9  calls that Nat took\n');
    expect(figures).toMatch(/ [1-9]\d* {2}calls that Nat refused while it was down\n/);
    expect(figures).toMatch(/ 9 {2}interactions on the timelines of 9 contacts$/);
  } finally {
    await stack.stop();
  }
});
