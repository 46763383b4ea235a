import * as z from 'zod/mini';

/** What a long command answers: each call adds to its figures, and `next` says where to go on. */
const progressSchema = z.looseObject({ done: z.boolean(), next: z.optional(z.string()) });

/**
 * Calls a command. A long one answers before a minute is over, and is called again to go on from
 * there; how far it is stands on stderr after each call.
 *
 * @param call calls the command with these fields
 * @param input the fields of the first call
 * @returns what it answered, the figures of all calls added up
 * @throws whatever `call` throws
 */
export async function runToCompletion(
  call: (fields: object) => Promise<unknown>,
  input: object,
): Promise<unknown> {
  let sums: Record<string, unknown> = {};
  let fields = input;
  for (;;) {
    const answer = await call(fields);
    const progress = progressSchema.safeParse(answer);
    if (!progress.success) return answer;
    const { next, ...figures } = progress.data;
    sums = add(sums, figures);
    if (next === undefined) return sums;
    process.stderr.write(`${inWords(sums)}; cut off here, it goes on with --from ${next}\n`);
    fields = { from: next };
  }
}

function add(sums: Record<string, unknown>, figures: Record<string, unknown>) {
  const entries = Object.entries(figures).map(([figure, value]) => {
    const before = sums[figure];
    const bothNumbers = typeof value === 'number' && typeof before === 'number';
    return [figure, bothNumbers ? before + value : value] as const;
  });
  return Object.fromEntries(entries);
}

function inWords(sums: Record<string, unknown>): string {
  const numbers = Object.entries(sums).filter(([, value]) => typeof value === 'number');
  return numbers.map(([figure, value]) => `${value} ${figure}`).join(', ');
}
