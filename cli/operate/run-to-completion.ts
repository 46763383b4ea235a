import { setTimeout as wait } from 'node:timers/promises';
import * as v from 'valibot';
import { isoInstant } from '../../lib/runtime/iso-instant.ts';

/** What a long command answers: each call adds to its figures, and `next` says where to continue. */
const progressSchema = v.looseObject({
  done: v.boolean(),
  next: v.optional(v.string()),
  resumeAt: v.optional(isoInstant),
});

/**
 * Calls a command. A long one answers before a minute is over, and is called again from there. After
 * each call its progress is reported.
 *
 * @param call calls the command with these fields
 * @param input the fields of the first call
 * @param report called with each line about the progress
 * @returns the answer; its figures are the sums of all calls
 * @throws whatever `call` throws
 */
export async function runToCompletion(
  call: (fields: object) => Promise<unknown>,
  input: object,
  report: (line: string) => void,
): Promise<unknown> {
  let sums: Record<string, unknown> = {};
  for (let fields = input; ; ) {
    const answer = await call(fields);
    const progress = v.safeParse(progressSchema, answer);
    if (!progress.success) return answer;
    const { next, resumeAt, ...figures } = progress.output;
    sums = add(sums, figures);
    if (next === undefined) return sums;
    report(`${inWords(sums)}; if interrupted, continue with --from ${next}`);
    if (resumeAt !== undefined) {
      report(`continues by itself at ${resumeAt}`);
      await wait(Math.max(0, Date.parse(resumeAt) - Date.now()));
    }
    fields = { from: next };
  }
}

function add(sums: Record<string, unknown>, figures: Record<string, unknown>) {
  const entries = Object.entries(figures).map(([figure, value]) => {
    const before = sums[figure];
    const bothNumbers = typeof value === 'number' && typeof before === 'number';
    return [figure, bothNumbers ? before + value : value] as const;
  });
  return { ...sums, ...Object.fromEntries(entries) };
}

/** A key that was just made is shown at once: no later answer has it. */
function inWords({ apiKey, ...sums }: Record<string, unknown>): string {
  const numbers = Object.entries(sums).filter(([, value]) => typeof value === 'number');
  const figures = numbers.map(([figure, value]) => `${value} ${figure}`).join(', ');
  return apiKey === undefined ? figures : `the new API key is ${apiKey}; ${figures}`;
}
