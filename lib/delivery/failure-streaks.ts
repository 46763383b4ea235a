import QuickLRU from 'quick-lru';
import { MINUTE_MS, SECOND_MS } from '../runtime/durations.ts';
import type { DeliveryResult } from './attempt.ts';

/** After so many failures in a row, a workspace is passed over for a while. */
export const FAILURES_IN_A_ROW = 5;
/** When so many workspaces begin to fail and none succeeds, Nat itself is out of order. */
export const WORKSPACES_IN_A_ROW = 50;
/** After the pause of an outage, so few failing workspaces are enough for the next one. */
export const WORKSPACES_AFTER_OUTAGE = 5;
/** The first pause is over before the next run of `redeliver`, a minute later. */
export const FIRST_PAUSE_MS = 30 * SECOND_MS;
/** Each pause is twice as long as the one before, up to this. */
export const LONGEST_PAUSE_MS = 5 * MINUTE_MS;
/** After so long without an attempt, the failures of a workspace are forgotten. */
const FORGOTTEN_AFTER_MS = 2 * LONGEST_PAUSE_MS;
const MAX_REMEMBERED = 5000;

/** A time without calls. */
interface Pause {
  ms: number;
  /** ms since the epoch */
  until: number;
}

/** The failures of a workspace since its last success. */
interface Streak {
  failures: number;
  /** Set once there are too many failures. When it is over, one attempt at a time is a probe. */
  pause?: Pause;
  isProbing: boolean;
}

export type FailureStreaks = ReturnType<typeof createFailureStreaks>;

/**
 * Counts failures in a row: for each workspace, so that one that Nat throttles does not delay the
 * others, and over workspaces that begin to fail, so that a Nat that is down is not called for each
 * of them. The memory of a container, from one invocation to the next.
 *
 * @param slowMs a call to Nat that takes longer counts as a failure of its workspace
 */
export function createFailureStreaks(slowMs = Number.POSITIVE_INFINITY) {
  const streaks = new QuickLRU<string, Streak>({
    maxSize: MAX_REMEMBERED,
    maxAge: FORGOTTEN_AFTER_MS,
  });
  /** The workspaces that began to fail since the last success of any. */
  const newlyFailing = new Set<string>();
  let outage: Pause | undefined;

  return {
    /** false while the workspace is passed over. After its pause, true for one probe at a time. */
    mayTry(workspace: string): boolean {
      if (isOn(outage)) return false;
      const streak = streaks.get(workspace);
      return streak?.pause === undefined || !(streak.isProbing || isOn(streak.pause));
    },

    /**
     * How many attempts of a workspace may run at the same time: as many as may fail before it is
     * passed over.
     */
    roomFor(workspace: string): number {
      const { pause, failures = 0 } = streaks.get(workspace) ?? {};
      return pause === undefined ? FAILURES_IN_A_ROW - failures : FAILURES_IN_A_ROW;
    },

    /** true while nothing is tried, because too many workspaces began to fail. */
    isOutage: (): boolean => isOn(outage),

    /**
     * Makes an attempt, and counts how it ended. An attempt that throws has failed.
     *
     * @param workspace one that `mayTry` allows
     */
    async follow(
      workspace: string,
      attempt: () => Promise<DeliveryResult>,
    ): Promise<DeliveryResult> {
      const streak = streaks.get(workspace);
      const isProbe = streak?.pause !== undefined;
      if (isProbe) streak.isProbing = true;
      try {
        const result = await attempt();
        if (result.failed === true) recordFailure(workspace, isProbe);
        if (result.failed === false) recordSuccess(workspace, isProbe, result.natMs ?? 0);
        return result;
      } catch (error) {
        recordFailure(workspace, isProbe);
        throw error;
      } finally {
        if (isProbe) streak.isProbing = false;
      }
    },
  };

  function recordFailure(workspace: string, isProbe: boolean): void {
    const isKnown = extendStreak(workspace, isProbe);
    // Calls that were under way when the outage began say nothing new.
    if (isKnown || isOn(outage)) return;
    newlyFailing.add(workspace);
    const limit = outage === undefined ? WORKSPACES_IN_A_ROW : WORKSPACES_AFTER_OUTAGE;
    if (newlyFailing.size < limit) return;
    outage = pauseAfter(outage);
    newlyFailing.clear();
  }

  function recordSuccess(workspace: string, isProbe: boolean, natMs: number): void {
    outage = undefined;
    newlyFailing.clear();
    if (natMs > slowMs) extendStreak(workspace, isProbe);
    else streaks.delete(workspace);
  }

  /** @returns true if the workspace was passed over already */
  function extendStreak(workspace: string, isProbe: boolean): boolean {
    const streak = streaks.get(workspace) ?? { failures: 0, isProbing: false };
    const isKnown = streak.pause !== undefined;
    streak.failures += 1;
    if (isProbe || (!isKnown && streak.failures >= FAILURES_IN_A_ROW)) {
      streak.pause = pauseAfter(streak.pause);
    }
    streaks.set(workspace, streak);
    return isKnown;
  }
}

function isOn(pause: Pause | undefined): boolean {
  return pause !== undefined && Date.now() < pause.until;
}

function pauseAfter(pause: Pause | undefined): Pause {
  const ms = pause === undefined ? FIRST_PAUSE_MS : Math.min(2 * pause.ms, LONGEST_PAUSE_MS);
  return { ms, until: Date.now() + ms };
}
