import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type DeliveryResult, MAX_ATTEMPT_MS } from '../../lib/delivery/attempt.ts';
import {
  createFailureStreaks,
  FAILURES_IN_A_ROW,
  WORKSPACES_AFTER_OUTAGE,
  WORKSPACES_IN_A_ROW,
} from '../../lib/delivery/failure-streaks.ts';
import { CONCURRENT_ATTEMPTS, redeliverDue } from '../../lib/delivery/redelivery.ts';
import { type DueEntry, workspaceIdOf } from '../../lib/ledger/entry.ts';
import { RETRY_QUEUES } from '../../lib/ledger/queues.ts';
import { MINUTE_MS, SECOND_MS } from '../../lib/runtime/durations.ts';

const RUN_MS = 55 * SECOND_MS;
const CALL_MS = 100;
const HANGS_MS = 10 * SECOND_MS;

const delivered: DeliveryResult = { status: 'delivered', failed: false };
const throttled: DeliveryResult = { status: 'retrying', error: 'status 429', failed: true };
const timedOut: DeliveryResult = { status: 'retrying', error: 'timeout', failed: true };

/** How Nat answers, and after how long. */
type Answer = { result: DeliveryResult | Error; ms?: number };

function dueOf(workspace: string, count: number): DueEntry[] {
  const dueAt = '2026-11-24T08:00:00.000Z';
  return Array.from({ length: count }, (_, n) => ({
    contact: `${workspace}#${n}`,
    day: '2020-05-31',
    dueAt,
  }));
}

const named = (name: string, count: number) => Array.from({ length: count }, (_, n) => name + n);

/** The redelivery of one container, over what is due: oldest first, spread over the queues. */
function createContainer(backlog: DueEntry[]) {
  const failureStreaks = createFailureStreaks();
  let due = backlog;
  return {
    get due() {
      return due;
    },

    /** A run; the clock goes on as fast as it can. What was tried is not due in the next run. */
    async run(answer: (workspace: string) => Answer) {
      const tried: { workspace: string; at: number }[] = [];
      const failures: unknown[] = [];
      const underWay = new Map<string, number>();
      const most = { ofOne: 0, ofAll: 0 };
      const done = new Set<DueEntry>();
      const startedAt = Date.now();
      const remainingMs = () => startedAt + RUN_MS - Date.now();
      const left = due;
      async function* findDue(queue: string) {
        const inQueue = left.filter((_, n) => RETRY_QUEUES[n % RETRY_QUEUES.length] === queue);
        // What is tried leaves the index, so another reading does not find it.
        for (let from = 0; from < inQueue.length; from += 100) {
          yield inQueue.slice(from, from + 100).filter((one) => !done.has(one));
        }
      }
      const redeliver = async (one: DueEntry): Promise<DeliveryResult> => {
        const workspace = workspaceIdOf(one);
        tried.push({ workspace, at: Date.now() - startedAt });
        done.add(one);
        const before = underWay.get(workspace) ?? 0;
        underWay.set(workspace, before + 1);
        most.ofOne = Math.max(most.ofOne, before + 1);
        most.ofAll = Math.max(
          most.ofAll,
          underWay.values().reduce((sum, count) => sum + count, 0),
        );
        const { result, ms = CALL_MS } = answer(workspace);
        await new Promise((resolve) => setTimeout(resolve, ms));
        underWay.set(workspace, (underWay.get(workspace) ?? 0) - 1);
        if (result instanceof Error) throw result;
        return result;
      };
      let isOver = false;
      const running = redeliverDue({
        ledger: { findDue },
        failureStreaks,
        redeliver,
        report: () => {},
        reportFailure: (error) => failures.push(error),
        remainingMs,
      }).finally(() => {
        isOver = true;
      });
      while (!isOver) await vi.advanceTimersByTimeAsync(CALL_MS);
      const run = await running;
      const tookMs = Date.now() - startedAt;
      expect([...underWay.values()].every((count) => count === 0)).toBe(true);
      due = due.filter((one) => !done.has(one));
      vi.setSystemTime(startedAt + MINUTE_MS);
      const of = (workspace: string) => tried.filter((one) => one.workspace === workspace);
      return { run, tried, of, failures, most, tookMs };
    },
  };
}

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-24T09:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a run of redeliver', () => {
  it('goes on over tries that throw, and has ended them all when it returns', async () => {
    const container = createContainer([...dueOf('broken', 200), ...dueOf('acme', 20)]);
    const { run, of, failures } = await container.run((workspace) => ({
      result: workspace === 'broken' ? new Error('cannot be read') : delivered,
    }));
    expect(of('acme')).toHaveLength(20);
    expect(run.failed).toBeGreaterThan(0);
    expect(failures).toHaveLength(run.failed);
  });

  it('goes on with the other queues when one cannot be read', async () => {
    const findDue = async function* (queue: string) {
      if (queue === RETRY_QUEUES[0]) throw new Error('unreachable');
      yield dueOf(queue, 1);
    };
    const tried: DueEntry[] = [];
    const failures: unknown[] = [];
    const run = await redeliverDue({
      ledger: { findDue },
      failureStreaks: createFailureStreaks(),
      redeliver: async (one) => {
        tried.push(one);
        return delivered;
      },
      report: () => {},
      reportFailure: (error) => failures.push(error),
      remainingMs: () => MINUTE_MS,
    });
    expect(tried).toHaveLength(RETRY_QUEUES.length - 1);
    expect([run.failed, failures.length]).toEqual([1, 1]);
  });

  it('starts no try that it has no time for', async () => {
    const container = createContainer(dueOf('acme', 5000));
    const { run, tried, tookMs } = await container.run(() => ({ result: delivered, ms: 9000 }));
    expect(run.ended).toBe('out of time');
    expect(Math.max(...tried.map(({ at }) => at))).toBeLessThanOrEqual(RUN_MS - MAX_ATTEMPT_MS);
    expect(tookMs).toBeLessThan(RUN_MS);
  });

  it('looks behind a page that is stale', async () => {
    const container = createContainer([...dueOf('stale', 150), ...dueOf('acme', 20)]);
    const { of } = await container.run((workspace) => ({
      result: workspace === 'stale' ? { status: 'skipped' } : delivered,
    }));
    expect(of('acme')).toHaveLength(20);
  });

  it('tries everything of a workspace that has more due than waits in memory', async () => {
    const container = createContainer(dueOf('acme', 3000));
    const { run, tried } = await container.run(() => ({ result: delivered, ms: 10 }));
    expect(tried).toHaveLength(3000);
    expect(run).toMatchObject({ tried: 3000, passedOver: 0, ended: 'nothing due' });
  });

  it('makes few attempts of one workspace at the same time, and not too many of all', async () => {
    const customers = named('customer-', 100);
    const container = createContainer(customers.flatMap((customer) => dueOf(customer, 20)));
    const { most } = await container.run(() => ({ result: delivered }));
    expect(most).toEqual({ ofOne: FAILURES_IN_A_ROW, ofAll: CONCURRENT_ATTEMPTS });
  });
});

describe('one workspace does not delay another', () => {
  const five = named('throttled-', 5);
  const mix = (workspaces: string[], count: number) =>
    Array.from({ length: count }, () => workspaces.flatMap((one) => dueOf(one, 1))).flat();

  it.each([
    ['one after another', five.flatMap((one) => dueOf(one, 1000))],
    ['mixed', mix(five, 1000)],
  ])(
    'when five have 1,000 older due items each, %s, and Nat throttles them',
    async (_how, older) => {
      const container = createContainer([...older, ...dueOf('acme', 1)]);
      const { run, of, tookMs } = await container.run((workspace) => ({
        result: workspace === 'acme' ? delivered : throttled,
      }));
      expect(of('acme')).toHaveLength(1);
      for (const workspace of five) {
        expect(of(workspace)).toHaveLength(FAILURES_IN_A_ROW);
      }
      expect(run.passedOver).toBe(5001 - run.tried);
      expect(run.ended).toBe('keeps failing');
      expect(tookMs).toBeLessThan(5 * SECOND_MS);
    },
  );

  it('when Nat rejects the keys of five with 1,000 older due items each', async () => {
    const rejected: DeliveryResult = {
      ...throttled,
      error: 'status 401',
      natKeyRejected: true,
    };
    const container = createContainer([...mix(five, 1000), ...dueOf('acme', 1)]);
    const { run, of } = await container.run((workspace) => ({
      result: workspace === 'acme' ? delivered : rejected,
    }));
    expect(of('acme')).toHaveLength(1);
    expect(run.tried).toBe(5 * FAILURES_IN_A_ROW + 1);
  });

  it('when Nat throttles thirty', async () => {
    const thirty = named('throttled-', 30);
    const container = createContainer([...mix(thirty, 100), ...dueOf('acme', 1)]);
    const { of, run } = await container.run((workspace) => ({
      result: workspace === 'acme' ? delivered : throttled,
    }));
    expect(of('acme')).toHaveLength(1);
    expect(run.tried).toBe(30 * FAILURES_IN_A_ROW + 1);
  });

  it('when every call of ten takes until the time-out', async () => {
    const ten = named('hanging-', 10);
    const container = createContainer([...mix(ten, 1000), ...dueOf('acme', 20)]);
    const answer = (workspace: string): Answer =>
      workspace === 'acme' ? { result: delivered } : { result: timedOut, ms: HANGS_MS };
    const first = await container.run(answer);
    expect(first.of('acme')).toHaveLength(20);
    expect(first.tookMs).toBeLessThan(RUN_MS);
    // In the next run each of them has one probe, and a new item need not wait for those.
    container.due.push(...dueOf('acme', 1));
    const second = await container.run(answer);
    expect(second.of('acme')).toMatchObject([{ at: 0 }]);
    for (const workspace of ten) expect(second.of(workspace)).toHaveLength(1);
  });
});

describe('the next run of the same container', () => {
  it('probes a failing workspace once, and passes over the rest of it when that fails', async () => {
    const container = createContainer(dueOf('acme', 1000));
    await container.run(() => ({ result: throttled }));
    const { run, tried } = await container.run(() => ({ result: throttled }));
    expect(tried).toHaveLength(1);
    expect(run.ended).toBe('keeps failing');
  });

  it('tries everything of it when the probe succeeds', async () => {
    const container = createContainer(dueOf('acme', 800));
    const first = await container.run(() => ({ result: throttled }));
    const second = await container.run(() => ({ result: delivered, ms: 10 }));
    expect(first.tried.length + second.tried.length).toBe(800);
    expect(second.run.ended).toBe('nothing due');
  });
});

describe('a Nat that is down for 1,000 workspaces', () => {
  const customers = named('customer-', 1000);
  const backlog = () => customers.flatMap((customer) => dueOf(customer, 20));

  it.each([
    ['answers with an error', { result: throttled }],
    ['hangs', { result: timedOut, ms: HANGS_MS }],
  ])(
    'is called for a few of them in a run, and for fewer in the next ones: it %s',
    async (_how, answer) => {
      const container = createContainer(backlog());
      const { run, tried, tookMs } = await container.run(() => answer);
      expect(run.ended).not.toBe('nothing due');
      expect(tried.length).toBeLessThanOrEqual(
        FAILURES_IN_A_ROW * WORKSPACES_IN_A_ROW + CONCURRENT_ATTEMPTS,
      );
      expect(tookMs).toBeLessThan(RUN_MS);
      const calls: number[] = [];
      for (let n = 0; n < 30; n += 1) calls.push((await container.run(() => answer)).tried.length);
      const perRun = calls.reduce((sum, count) => sum + count) / calls.length;
      expect(perRun).toBeLessThan(CONCURRENT_ATTEMPTS + WORKSPACES_AFTER_OUTAGE);
    },
  );

  it('is called for all of them within minutes when it is back', async () => {
    const container = createContainer(backlog());
    for (let n = 0; n < 10; n += 1) await container.run(() => ({ result: throttled }));
    let runs = 0;
    for (; container.due.length > 0; runs += 1) {
      await container.run(() => ({ result: delivered, ms: 20 }));
    }
    expect(runs).toBeLessThanOrEqual(8);
  });
});
