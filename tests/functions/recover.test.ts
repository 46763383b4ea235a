import { expect, it } from 'vitest';
import { createHandler } from '../../functions/recover.ts';
import { MINUTE_MS } from '../../lib/runtime/durations.ts';
import { contextWith, messagesWith } from '../in-process/lambda.ts';

const context = contextWith('recover', '1', () => MINUTE_MS);

it('hands over each message of the queue, with the time that is left', async () => {
  const taken: unknown[] = [];
  const handler = createHandler(() => ({
    recover: async (message, remainingMs) => {
      taken.push([message, remainingMs()]);
      return { recovered: 1 };
    },
  }));
  await handler(messagesWith('first', 'second'), context);
  expect(taken).toEqual([
    ['first', MINUTE_MS],
    ['second', MINUTE_MS],
  ]);
});

it('fails if a message cannot be handled, so that the message comes again', async () => {
  const handler = createHandler(() => ({
    recover: () => Promise.reject(new Error('the ledger cannot be reached')),
  }));
  await expect(handler(messagesWith('any'), context)).rejects.toThrow('cannot be reached');
});
