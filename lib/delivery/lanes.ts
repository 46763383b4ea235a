import pLimit, { type LimitFunction } from 'p-limit';
import type { FailureStreaks } from './failure-streaks.ts';

/**
 * Creates a lane for each workspace. One whose calls hang cannot take the place of the others, and
 * what waits in its lane waits until the first calls show whether the workspace fails.
 */
export function createLanes({ roomFor }: Pick<FailureStreaks, 'roomFor'>) {
  const lanes = new Map<string, LimitFunction>();
  return {
    /** How many attempts wait for their turn. */
    waitingFor: (workspace: string): number => laneOf(workspace).pendingCount,

    /** Makes an attempt as soon as there is room for it. */
    run<T>(workspace: string, attempt: () => Promise<T>): Promise<T> {
      const lane = laneOf(workspace);
      return lane(async () => {
        try {
          return await attempt();
        } finally {
          lane.concurrency = roomFor(workspace);
        }
      });
    },
  };

  function laneOf(workspace: string): LimitFunction {
    const lane = lanes.get(workspace) ?? pLimit(roomFor(workspace));
    lanes.set(workspace, lane);
    return lane;
  }
}
