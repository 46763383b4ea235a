import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

const WRITES = ['PutItemCommand', 'UpdateItemCommand', 'DeleteItemCommand'];

/**
 * Runs a command whose function dies when a write has taken effect: its response is lost, and no
 * later call to the database is made.
 *
 * @param write which write it is, counted from 1
 * @returns true if the command was cut off, false if it ended before
 */
export async function cutOff(
  db: DynamoDBClient,
  write: number,
  command: () => Promise<unknown>,
): Promise<boolean> {
  let writes = 0;
  db.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (writes === write) throw new Error('cut off');
        const response = await next(args);
        if (WRITES.includes(String(commandName))) writes += 1;
        if (writes === write) throw new Error('cut off');
        return response;
      },
    { name: 'cut off', step: 'initialize' },
  );
  try {
    await command();
  } catch (error) {
    if (writes < write) throw error;
  } finally {
    db.middlewareStack.remove('cut off');
  }
  return writes === write;
}

/**
 * Runs a command while the client sends every write twice, as it does when a response is lost. The
 * command sees only the second response.
 */
export async function repeatWrites(
  db: DynamoDBClient,
  command: () => Promise<unknown>,
): Promise<void> {
  db.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (WRITES.includes(String(commandName))) await next(args).catch(() => {});
        return next(args);
      },
    { name: 'repeat writes', step: 'initialize' },
  );
  try {
    await command();
  } finally {
    db.middlewareStack.remove('repeat writes');
  }
}

/**
 * Runs two commands at once: the first stops at one of its calls to the database until the second
 * has ended.
 *
 * @param at which call it is, counted from 1
 * @returns whether the first got that far, and what both came to
 */
export async function interleave(
  db: DynamoDBClient,
  at: number,
  first: () => Promise<unknown>,
  second: () => Promise<unknown>,
) {
  let calls = 0;
  let secondEnded: Promise<PromiseSettledResult<unknown>[]> | undefined;
  db.middlewareStack.add(
    (next) => async (args) => {
      calls += 1;
      if (calls === at) {
        db.middlewareStack.remove('interleave');
        secondEnded = Promise.allSettled([second()]);
        await secondEnded;
      }
      return next(args);
    },
    { name: 'interleave', step: 'initialize' },
  );
  const [ofFirst] = await Promise.allSettled([first()]);
  db.middlewareStack.remove('interleave');
  const [ofSecond] = (await secondEnded) ?? [];
  return { reached: secondEnded !== undefined, results: [ofFirst, ofSecond] as const };
}
