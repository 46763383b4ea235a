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
    // The stream of a DynamoDB Local comes late: deliver then puts off what it brings, for a minute.
    const figures = () => readFigures(stack.natUrl);
    const redeliver = async () => {
      await stack.invoke('redeliver', {});
      return figures();
    };
    await expect
      .poll(redeliver, { timeout: 110_000 })
      .toMatch(/ 9 {2}interactions on the timelines of 9 contacts$/);
    expect(await figures()).toContain('    9  events accepted\n');
    expect(await figures()).toContain('    2  events rejected\n');
    expect(await figures()).toContain('    9  calls that Nat took\n');
    expect(await figures()).toMatch(/ [1-9]\d* {2}calls that Nat refused while it was down\n/);
  } finally {
    await stack.stop();
  }
});
