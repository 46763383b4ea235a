/** So many failures in a row are enough: the next run, a minute later, asks again. */
const FAILURES_IN_A_ROW = 20;
/** From so many workspaces in a row, they are no longer about a workspace. */
const SEVERAL_WORKSPACES = 5;

/**
 * Counts failures in a row, for each workspace and over all of them, so that one that is throttled
 * does not keep the others waiting, and a Nat that is down is not called for each of them.
 */
export function createFailureStreaks() {
  const rows = new Map<string, number>();
  const failing = new Set<string>();
  let row = 0;
  return {
    /** A try of a workspace's failed. */
    recordFailure(workspace: string): void {
      rows.set(workspace, (rows.get(workspace) ?? 0) + 1);
      failing.add(workspace);
      row += 1;
    },

    /** Nat answered a workspace's try, whatever it said: the rows begin anew. */
    recordSuccess(workspace: string): void {
      rows.delete(workspace);
      failing.clear();
      row = 0;
    },

    /** Whether a workspace has had enough of them. */
    isOpenFor: (workspace: string): boolean => (rows.get(workspace) ?? 0) >= FAILURES_IN_A_ROW,

    /** Whether all have. */
    isOpen: (): boolean => row >= FAILURES_IN_A_ROW && failing.size >= SEVERAL_WORKSPACES,
  };
}
