import { expect, it } from 'vitest';
import { createHandler } from '../../functions/recover.ts';
import { MINUTE_MS } from '../../lib/runtime/durations.ts';
import { OwnError } from '../../lib/runtime/own-error.ts';
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
    recover: () => Promise.reject(new TypeError('peter@example.com')),
  }));
  const failed = new OwnError('failed with TypeError');
  await expect(handler(messagesWith('any'), context)).rejects.toThrow(failed);
});
