/** So many failures in a row open a streak. The next run, a minute later, starts without any. */
export const FAILURES_IN_A_ROW = 20;
/** Failures of so many workspaces in a row are no longer the fault of one workspace. */
export const WORKSPACES_IN_A_ROW = 5;

/**
 * Counts failures in a row, for each workspace and over all of them. So a workspace that Nat
 * throttles does not delay the others, and a Nat that is down is not called for each of them.
 */
export function createFailureStreaks() {
  const streaks = new Map<string, number>();
  let overall = 0;
  /** The workspaces that failed since the last success. */
  const failing = new Set<string>();
  return {
    /** Nat could not take a call of this workspace. */
    recordFailure(workspace: string): void {
      streaks.set(workspace, (streaks.get(workspace) ?? 0) + 1);
      failing.add(workspace);
      overall += 1;
    },

    /** Nat answered a call of this workspace, even if it refused the interaction. */
    recordSuccess(workspace: string): void {
      streaks.delete(workspace);
      failing.clear();
      overall = 0;
    },

    /** true if a workspace failed too often in a row. */
    isOpenFor: (workspace: string): boolean => (streaks.get(workspace) ?? 0) >= FAILURES_IN_A_ROW,

    /** true if several workspaces together failed too often in a row. */
    isOpen: (): boolean => overall >= FAILURES_IN_A_ROW && failing.size >= WORKSPACES_IN_A_ROW,
  };
}
