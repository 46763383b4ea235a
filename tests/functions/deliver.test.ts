import type { DynamoDBRecord } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHandler } from '../../functions/deliver.ts';
import { type DeliveryResult, MAX_ATTEMPT_MS } from '../../lib/delivery/attempt.ts';
import { FAILURES_IN_A_ROW } from '../../lib/delivery/failure-streaks.ts';
import { SLOW_CALL_MS } from '../../lib/delivery/first-delivery.ts';
import { type InteractionKey, interactionId, workspaceIdOf } from '../../lib/ledger/entry.ts';
import { MINUTE_MS, SECOND_MS } from '../../lib/runtime/durations.ts';
import { contextWith } from '../in-process/lambda.ts';

const day = '2020-05-31';
const BATCH_SIZE = 25;
const STEP_MS = 50;

let sequence = 0;
function record(contact: string): DynamoDBRecord {
  sequence += 1;
  const SequenceNumber = String(sequence);
  const Keys = { contact: { S: contact }, day: { S: day } };
  return { eventID: SequenceNumber, dynamodb: { Keys, SequenceNumber } };
}

function recordsOf(workspace: string, count: number): DynamoDBRecord[] {
  return Array.from({ length: count }, (_, n) => record(`${workspace}#${n}`));
}

/** What delivers nothing itself; tests say what happens to a key, and how long that takes. */
function deliveryThat(deliver: (key: InteractionKey) => Promise<DeliveryResult> | DeliveryResult) {
  const sent: { workspace: string; id: string; at: number }[] = [];
  const putOff: string[] = [];
  return {
    sent,
    putOffs: putOff,
    deliverPending: async (key: InteractionKey): Promise<DeliveryResult> => {
      sent.push({ workspace: workspaceIdOf(key), id: interactionId(key), at: Date.now() });
      return deliver(key);
    },
    putOff: async (key: InteractionKey): Promise<DeliveryResult> => {
      putOff.push(interactionId(key));
      return { status: 'retrying', error: 'put off' };
    },
    redeliver: async (): Promise<DeliveryResult> => {
      throw new Error('only redeliver does this');
    },
  };
}

/** One container of the function. */
function createContainer(delivery: ReturnType<typeof deliveryThat>) {
  const handler = createHandler(() => delivery);
  /** Delivers a batch while the clock goes on. @returns the sequence numbers that come again */
  return async (Records: DynamoDBRecord[], timeoutMs = MINUTE_MS) => {
    const startedAt = Date.now();
    const context = contextWith('deliver', '1', () => startedAt + timeoutMs - Date.now());
    let isOver = false;
    const running = handler({ Records }, context).finally(() => {
      isOver = true;
    });
    while (!isOver) await vi.advanceTimersByTimeAsync(STEP_MS);
    const { batchItemFailures } = await running;
    const failed = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    return { failed, tookMs: Date.now() - startedAt };
  };
}

const delivered: DeliveryResult = { status: 'delivered' };

/** Nat's answer after some time. */
async function after(ms: number, result: DeliveryResult): Promise<DeliveryResult> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return { ...result, natMs: ms };
}
const succeeds = (ms: number) => after(ms, { status: 'delivered', failed: false });
const timesOut = () =>
  after(10 * SECOND_MS, { status: 'retrying', error: 'timeout', failed: true });

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-24T08:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a batch of the stream', () => {
  it('is delivered, and nothing of it comes again', async () => {
    const delivery = deliveryThat(() => delivered);
    const { failed } = await createContainer(delivery)([record('acme#a'), record('acme#b')]);
    expect(delivery.sent.map(({ id }) => id)).toEqual(['acme#a#2020-05-31', 'acme#b#2020-05-31']);
    expect(failed).toEqual([]);
  });

  it('delivers an interaction once whose record is in it twice', async () => {
    const delivery = deliveryThat(() => delivered);
    await createContainer(delivery)([record('acme#a'), record('acme#a')]);
    expect(delivery.sent.map(({ id }) => id)).toEqual(['acme#a#2020-05-31']);
  });

  it('reports what the ledger could not settle, and delivers the rest', async () => {
    const records = [record('acme#a'), record('acme#b'), record('acme#c')];
    const delivery = deliveryThat(({ contact }) => {
      if (contact === 'acme#b') throw new Error('the ledger cannot be reached');
      return delivered;
    });
    const { failed } = await createContainer(delivery)(records);
    expect(delivery.sent).toHaveLength(3);
    expect(failed).toEqual([records[1]?.eventID]);
  });

  it('is not stopped by a record that names no interaction, which does not come again', async () => {
    const poison: DynamoDBRecord = { eventID: 'poison', dynamodb: { SequenceNumber: 'poison' } };
    const delivery = deliveryThat(() => delivered);
    const records = [record('acme#a'), poison, record('acme#c')];
    const { failed } = await createContainer(delivery)(records);
    expect(delivery.sent).toHaveLength(2);
    expect(failed).toEqual([]);
  });

  it('is delivered when there is just enough time for it', async () => {
    const delivery = deliveryThat(() => delivered);
    await createContainer(delivery)([record('acme#a')], MAX_ATTEMPT_MS);
    expect([delivery.sent.length, delivery.putOffs.length]).toEqual([1, 0]);
  });

  it('puts off what there is no time to send', async () => {
    const delivery = deliveryThat(() => delivered);
    const records = [record('acme#a'), record('acme#b')];
    const { failed } = await createContainer(delivery)(records, MAX_ATTEMPT_MS - 1);
    expect([delivery.sent.length, delivery.putOffs.length]).toEqual([0, 2]);
    expect(failed).toEqual([]);
  });

  it('answers in time although a delivery hangs: that record alone comes again', async () => {
    const records = [record('acme#a'), record('acme#b'), record('acme#c')];
    const delivery = deliveryThat(({ contact }) =>
      contact === 'acme#b' ? new Promise<DeliveryResult>(() => {}) : delivered,
    );
    const { failed, tookMs } = await createContainer(delivery)(records);
    expect(failed).toEqual([records[1]?.eventID]);
    expect(tookMs).toBeLessThan(MINUTE_MS);
  });
});

describe('a workspace for which Nat is slow or hangs', () => {
  it('delays the one event of another, four batches behind it, by one call and not by four', async () => {
    const delivery = deliveryThat(({ contact }) =>
      succeeds(contact.startsWith('slow#') ? 9.5 * SECOND_MS : 100),
    );
    const invoke = createContainer(delivery);
    const startedAt = Date.now();
    for (let n = 0; n < 4; n += 1) await invoke(recordsOf('slow', BATCH_SIZE));
    await invoke([record('acme#a')]);
    const [event] = delivery.sent.filter(({ workspace }) => workspace === 'acme');
    expect((event?.at ?? Number.NaN) - startedAt).toBeLessThan(10 * SECOND_MS);
    expect(delivery.sent.filter(({ workspace }) => workspace === 'slow')).toHaveLength(5);
    expect(delivery.putOffs).toHaveLength(4 * BATCH_SIZE - 5);
  });

  it('costs no throughput when its calls hang: after the first batch nothing waits for it', async () => {
    const delivery = deliveryThat(({ contact }) =>
      contact.startsWith('hanging#') ? timesOut() : succeeds(100),
    );
    const invoke = createContainer(delivery);
    const mixed = () => [...recordsOf('hanging', 20), ...recordsOf('acme', 5)];
    const first = await invoke(mixed());
    expect(first.tookMs).toBeLessThanOrEqual(10 * SECOND_MS + 2 * STEP_MS);
    let slowest = 0;
    let batches = 0;
    const startedAt = Date.now();
    for (; Date.now() - startedAt < 25 * SECOND_MS; batches += 1) {
      slowest = Math.max(slowest, (await invoke(mixed())).tookMs);
    }
    expect(slowest).toBeLessThanOrEqual(SECOND_MS);
    expect(delivery.sent.filter(({ workspace }) => workspace === 'hanging')).toHaveLength(5);
    expect(delivery.sent.filter(({ workspace }) => workspace === 'acme')).toHaveLength(
      5 * (batches + 1),
    );
  });

  it('is not called for all of a batch at once; the others in the batch do not wait for it', async () => {
    const delivery = deliveryThat(({ contact }) =>
      contact.startsWith('hanging#') ? timesOut() : succeeds(100),
    );
    const startedAt = Date.now();
    await createContainer(delivery)([...recordsOf('hanging', 20), ...recordsOf('acme', 5)]);
    const sentTo = (workspace: string) =>
      delivery.sent.filter((one) => one.workspace === workspace);
    expect(sentTo('hanging')).toHaveLength(FAILURES_IN_A_ROW);
    expect(sentTo('acme').every(({ at }) => at === startedAt)).toBe(true);
  });

  it('is tried with one call after the pause, and as usual when that is answered', async () => {
    let isBack = false;
    const delivery = deliveryThat(() => (isBack ? succeeds(100) : timesOut()));
    const invoke = createContainer(delivery);
    await invoke(recordsOf('acme', BATCH_SIZE));
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    delivery.sent.length = 0;
    await invoke(recordsOf('acme', BATCH_SIZE));
    expect(delivery.sent).toHaveLength(1);
    isBack = true;
    await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
    await invoke(recordsOf('acme', 1));
    delivery.sent.length = 0;
    await invoke(recordsOf('acme', BATCH_SIZE));
    expect(delivery.sent).toHaveLength(BATCH_SIZE);
  });

  it('is called for everything while it is just fast enough', async () => {
    const delivery = deliveryThat(() => succeeds(SLOW_CALL_MS));
    const { tookMs } = await createContainer(delivery)(recordsOf('acme', BATCH_SIZE));
    expect(delivery.sent).toHaveLength(BATCH_SIZE);
    expect(tookMs).toBeLessThanOrEqual(5 * SLOW_CALL_MS + STEP_MS);
  });
});

it('a Nat that hangs for all costs two calls of a container, and then no throughput', async () => {
  const delivery = deliveryThat(timesOut);
  const invoke = createContainer(delivery);
  const batch = (n: number) =>
    Array.from({ length: BATCH_SIZE }, (_, m) => record(`customer-${n * BATCH_SIZE + m}#a`));
  await invoke(batch(0));
  await invoke(batch(1));
  expect(delivery.sent).toHaveLength(2 * BATCH_SIZE);
  for (let n = 2; n < 40; n += 1) expect((await invoke(batch(n))).tookMs).toBeLessThan(SECOND_MS);
  expect(delivery.putOffs).toHaveLength(38 * BATCH_SIZE);
});
