import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeliveryResult } from '../../lib/delivery/attempt.ts';
import {
  createFailureStreaks,
  FAILURES_IN_A_ROW,
  type FailureStreaks,
  FIRST_PAUSE_MS,
  LONGEST_PAUSE_MS,
  WORKSPACES_AFTER_OUTAGE,
  WORKSPACES_IN_A_ROW,
} from '../../lib/delivery/failure-streaks.ts';

const failed: DeliveryResult = { status: 'retrying', error: 'status 429', failed: true };
const succeeded: DeliveryResult = { status: 'delivered', failed: false, natMs: 100 };
const slow: DeliveryResult = { ...succeeded, natMs: 3001 };
const SLOW_MS = 3000;

/** Makes attempts one after another, each with the same result. */
async function attempts(
  streaks: FailureStreaks,
  workspace: string,
  count: number,
  result: DeliveryResult,
): Promise<void> {
  for (let n = 0; n < count; n += 1) await streaks.follow(workspace, async () => result);
}

/** Fails once for each of so many workspaces that did not fail before. */
async function beginToFail(streaks: FailureStreaks, count: number, name = 'new'): Promise<void> {
  for (let n = 0; n < count; n += 1) await attempts(streaks, `${name}-${n}`, 1, failed);
}

/** An attempt that ends when it is told to. */
function underWay(streaks: FailureStreaks, workspace: string) {
  const { promise, resolve } = Promise.withResolvers<DeliveryResult>();
  const ended = streaks.follow(workspace, () => promise);
  return async (result: DeliveryResult) => {
    resolve(result);
    await ended;
  };
}

function passTime(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-24T08:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a workspace', () => {
  it('is tried until it failed five times in a row', async () => {
    const streaks = createFailureStreaks();
    await attempts(streaks, 'acme', FAILURES_IN_A_ROW - 1, failed);
    expect(streaks.mayTry('acme')).toBe(true);
    await attempts(streaks, 'acme', 1, failed);
    expect(streaks.mayTry('acme')).toBe(false);
    expect(streaks.mayTry('other')).toBe(true);
    expect(FAILURES_IN_A_ROW).toBe(5);
  });

  it.each([
    ['delivered', succeeded],
    ['refused for good', { status: 'dead', error: 'status 400', failed: false }],
  ] as const)('starts a new streak when one of it was %s', async (_what, result) => {
    const streaks = createFailureStreaks();
    await attempts(streaks, 'acme', FAILURES_IN_A_ROW - 1, failed);
    await attempts(streaks, 'acme', 1, result);
    await attempts(streaks, 'acme', FAILURES_IN_A_ROW - 1, failed);
    expect(streaks.mayTry('acme')).toBe(true);
  });

  it('is as it was after an attempt that says nothing about it', async () => {
    const streaks = createFailureStreaks();
    await attempts(streaks, 'acme', FAILURES_IN_A_ROW - 1, failed);
    await attempts(streaks, 'acme', 1, { status: 'skipped' });
    await attempts(streaks, 'acme', 1, failed);
    expect(streaks.mayTry('acme')).toBe(false);
  });

  it('fails with an attempt that throws, which is thrown on', async () => {
    const streaks = createFailureStreaks();
    for (let n = 0; n < FAILURES_IN_A_ROW; n += 1) {
      const attempt = streaks.follow('acme', () => Promise.reject(new Error('unavailable')));
      await expect(attempt).rejects.toThrow('unavailable');
    }
    expect(streaks.mayTry('acme')).toBe(false);
  });

  it('gets one probe after the pause, and no second one before that has ended', async () => {
    const streaks = createFailureStreaks();
    await attempts(streaks, 'acme', FAILURES_IN_A_ROW, failed);
    passTime(FIRST_PAUSE_MS - 1);
    expect(streaks.mayTry('acme')).toBe(false);
    passTime(1);
    expect(streaks.mayTry('acme')).toBe(true);
    const end = underWay(streaks, 'acme');
    expect(streaks.mayTry('acme')).toBe(false);
    await end(succeeded);
    expect(streaks.mayTry('acme')).toBe(true);
    await attempts(streaks, 'acme', FAILURES_IN_A_ROW - 1, failed);
    expect(streaks.mayTry('acme')).toBe(true);
  });

  it('may be probed again when a probe came to nothing', async () => {
    const streaks = createFailureStreaks();
    await attempts(streaks, 'acme', FAILURES_IN_A_ROW, failed);
    passTime(FIRST_PAUSE_MS);
    await attempts(streaks, 'acme', 1, { status: 'skipped' });
    expect(streaks.mayTry('acme')).toBe(true);
  });

  it('is passed over at once when its probe fails, for twice as long, up to the longest pause', async () => {
    const streaks = createFailureStreaks();
    await attempts(streaks, 'acme', FAILURES_IN_A_ROW, failed);
    for (let pause = FIRST_PAUSE_MS; pause < 4 * LONGEST_PAUSE_MS; pause *= 2) {
      const ms = Math.min(pause, LONGEST_PAUSE_MS);
      passTime(ms - 1);
      expect(streaks.mayTry('acme')).toBe(false);
      passTime(1);
      expect(streaks.mayTry('acme')).toBe(true);
      await attempts(streaks, 'acme', 1, failed);
    }
  });

  it('has the same pause however many attempts were under way when it began', async () => {
    const streaks = createFailureStreaks();
    const ends = Array.from({ length: 40 }, () => underWay(streaks, 'acme'));
    for (const end of ends) await end(failed);
    passTime(FIRST_PAUSE_MS);
    expect(streaks.mayTry('acme')).toBe(true);
  });

  it('is passed over when it is slow too often, where that counts', async () => {
    const strict = createFailureStreaks(SLOW_MS);
    await attempts(strict, 'acme', FAILURES_IN_A_ROW, { ...slow, natMs: SLOW_MS });
    expect(strict.mayTry('acme')).toBe(true);
    await attempts(strict, 'acme', FAILURES_IN_A_ROW, slow);
    expect(strict.mayTry('acme')).toBe(false);
    const patient = createFailureStreaks();
    await attempts(patient, 'acme', FAILURES_IN_A_ROW, slow);
    expect(patient.mayTry('acme')).toBe(true);
  });

  it('starts anew when it was not tried for long', async () => {
    const streaks = createFailureStreaks();
    await attempts(streaks, 'acme', FAILURES_IN_A_ROW - 1, failed);
    passTime(2 * LONGEST_PAUSE_MS + 1);
    await attempts(streaks, 'acme', 1, failed);
    expect(streaks.mayTry('acme')).toBe(true);
  });
});

describe('the attempts of a workspace at the same time', () => {
  it('are as many as may fail before it is passed over', async () => {
    const streaks = createFailureStreaks();
    expect(streaks.roomFor('acme')).toBe(FAILURES_IN_A_ROW);
    await attempts(streaks, 'acme', 2, failed);
    expect(streaks.roomFor('acme')).toBe(FAILURES_IN_A_ROW - 2);
  });

  it('are no fewer once it is passed over, because only one of them is a probe', async () => {
    const streaks = createFailureStreaks();
    await attempts(streaks, 'acme', FAILURES_IN_A_ROW, failed);
    expect(streaks.roomFor('acme')).toBe(FAILURES_IN_A_ROW);
  });
});

describe('an outage', () => {
  it('begins when many workspaces begin to fail in a row, and stops everything for a pause', async () => {
    const streaks = createFailureStreaks();
    await beginToFail(streaks, WORKSPACES_IN_A_ROW - 1);
    expect(streaks.isOutage()).toBe(false);
    await attempts(streaks, 'one-more', 1, failed);
    expect(streaks.isOutage()).toBe(true);
    expect(streaks.mayTry('never-tried')).toBe(false);
    passTime(FIRST_PAUSE_MS);
    expect(streaks.isOutage()).toBe(false);
    expect(streaks.mayTry('never-tried')).toBe(true);
  });

  it('does not begin while one of them succeeds now and then, however slowly', async () => {
    const streaks = createFailureStreaks(SLOW_MS);
    for (const result of [succeeded, slow]) {
      await beginToFail(streaks, WORKSPACES_IN_A_ROW - 1, result.natMs?.toString());
      await attempts(streaks, 'healthy', 1, result);
    }
    expect(streaks.isOutage()).toBe(false);
  });

  it('does not begin because of workspaces that are passed over already, when their probes fail', async () => {
    const streaks = createFailureStreaks();
    const throttled = Array.from({ length: WORKSPACES_IN_A_ROW - 1 }, (_, n) => `throttled-${n}`);
    for (const workspace of throttled) {
      await attempts(streaks, workspace, FAILURES_IN_A_ROW, failed);
    }
    passTime(FIRST_PAUSE_MS);
    await attempts(streaks, 'healthy', 1, succeeded);
    for (const workspace of throttled) await attempts(streaks, workspace, 1, failed);
    await attempts(streaks, 'new', 1, failed);
    expect(streaks.isOutage()).toBe(false);
  });

  it('does not begin again when fewer fail after its pause', async () => {
    const streaks = createFailureStreaks();
    await beginToFail(streaks, WORKSPACES_IN_A_ROW);
    passTime(FIRST_PAUSE_MS);
    await beginToFail(streaks, WORKSPACES_AFTER_OUTAGE - 1, 'next');
    expect(streaks.isOutage()).toBe(false);
  });

  it('begins again at once, for longer, when the first few fail after its pause', async () => {
    const streaks = createFailureStreaks();
    await beginToFail(streaks, WORKSPACES_IN_A_ROW);
    passTime(FIRST_PAUSE_MS);
    await beginToFail(streaks, WORKSPACES_AFTER_OUTAGE);
    expect(streaks.isOutage()).toBe(true);
    passTime(2 * FIRST_PAUSE_MS - 1);
    expect(streaks.isOutage()).toBe(true);
    passTime(1);
    expect(streaks.isOutage()).toBe(false);
  });

  it('has the same pause however many attempts were under way when it began', async () => {
    const streaks = createFailureStreaks();
    const ends = Array.from({ length: 3 * WORKSPACES_IN_A_ROW }, (_, n) =>
      underWay(streaks, `w-${n}`),
    );
    for (const end of ends) await end(failed);
    passTime(FIRST_PAUSE_MS);
    expect(streaks.isOutage()).toBe(false);
  });

  it('is over with the first success', async () => {
    const streaks = createFailureStreaks();
    const end = underWay(streaks, 'healthy');
    await beginToFail(streaks, WORKSPACES_IN_A_ROW);
    await end(succeeded);
    expect(streaks.isOutage()).toBe(false);
    await beginToFail(streaks, WORKSPACES_IN_A_ROW - 1, 'next');
    expect(streaks.isOutage()).toBe(false);
  });
});
