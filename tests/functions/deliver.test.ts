import type { DynamoDBRecord } from 'aws-lambda';
import { describe, expect, it, vi } from 'vitest';
import { createHandler } from '../../functions/deliver.ts';
import { type DeliveryResult, MAX_ATTEMPT_MS } from '../../lib/delivery/attempt.ts';
import { type InteractionKey, interactionId } from '../../lib/ledger/entry.ts';
import { MINUTE_MS, SECOND_MS } from '../../lib/runtime/durations.ts';
import { contextWith } from '../in-process/lambda.ts';

const day = '2020-05-31';
const hangs = () => new Promise<DeliveryResult>(() => {});

function record(contact: string, SequenceNumber: string): DynamoDBRecord {
  const Keys = { contact: { S: contact }, day: { S: day } };
  return { eventID: SequenceNumber, dynamodb: { Keys, SequenceNumber } };
}

/** Runs the function over records, with a delivery that fails for some contacts. */
async function run(Records: DynamoDBRecord[], failing: string[] = [], remainingMs = MINUTE_MS) {
  const delivered: string[] = [];
  const deliverPending = async (key: InteractionKey): Promise<DeliveryResult> => {
    if (failing.includes(key.contact)) throw new Error('the ledger cannot be reached');
    delivered.push(interactionId(key));
    return { status: 'delivered' };
  };
  const redeliver = vi.fn<() => Promise<DeliveryResult>>();
  const handler = createHandler(() => ({ deliverPending, redeliver }));
  const { batchItemFailures } = await handler(
    { Records },
    contextWith('deliver', '1', () => remainingMs),
  );
  return { delivered, failed: batchItemFailures.map(({ itemIdentifier }) => itemIdentifier) };
}

describe('a batch of the stream', () => {
  it('is delivered, and no record is reported', async () => {
    const { delivered, failed } = await run([record('acme#a', '1'), record('acme#b', '2')]);
    expect(delivered).toEqual(['acme#a#2020-05-31', 'acme#b#2020-05-31']);
    expect(failed).toEqual([]);
  });

  it('delivers an interaction once although two records are about it', async () => {
    const { delivered } = await run([record('acme#a', '1'), record('acme#a', '2')]);
    expect(delivered).toEqual(['acme#a#2020-05-31']);
  });

  it('reports the records that the ledger could not settle, and delivers the rest', async () => {
    const records = [record('acme#a', '1'), record('acme#b', '2'), record('acme#c', '3')];
    const { delivered, failed } = await run(records, ['acme#b']);
    expect(delivered).toEqual(['acme#a#2020-05-31', 'acme#c#2020-05-31']);
    expect(failed).toEqual(['2']);
  });

  it('reports only a malformed record, and delivers the rest', async () => {
    const poison: DynamoDBRecord = { eventID: '2', dynamodb: { SequenceNumber: '2' } };
    const { delivered, failed } = await run([record('acme#a', '1'), poison, record('acme#c', '3')]);
    expect(delivered).toEqual(['acme#a#2020-05-31', 'acme#c#2020-05-31']);
    expect(failed).toEqual(['2']);
  });

  it('is delivered when there is just enough time for it', async () => {
    const { delivered } = await run([record('acme#a', '1')], [], MAX_ATTEMPT_MS);
    expect(delivered).toEqual(['acme#a#2020-05-31']);
  });

  it('reports the records that there is no time for', async () => {
    const records = [record('acme#a', '1'), record('acme#b', '2')];
    const { delivered, failed } = await run(records, [], MAX_ATTEMPT_MS - 1);
    expect(delivered).toEqual([]);
    expect(failed).toEqual(['1', '2']);
  });

  it('answers in time although a delivery hangs, and reports only that record', async () => {
    vi.useFakeTimers();
    const ends = Date.now() + MINUTE_MS;
    const deliverPending = (key: InteractionKey): Promise<DeliveryResult> =>
      key.contact === 'acme#b' ? hangs() : Promise.resolve({ status: 'delivered' });
    const handler = createHandler(() => ({ deliverPending, redeliver: hangs }));
    const context = contextWith('deliver', '1', () => ends - Date.now());
    const Records = [record('acme#a', '1'), record('acme#b', '2'), record('acme#c', '3')];
    const answer = handler({ Records }, context);
    await vi.advanceTimersByTimeAsync(MINUTE_MS - SECOND_MS);
    expect(await answer).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }] });
    vi.useRealTimers();
  });
});
