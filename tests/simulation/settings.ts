import { MINUTE_MS } from '../../lib/runtime/durations.ts';
import { parseIfValid } from '../../lib/runtime/parse-if-valid.ts';
import { hashOfApiKey } from '../../lib/workspaces/api-key.ts';
import { type Workspace, workspaceSchema } from '../../lib/workspaces/workspace.ts';

/** How old the settings may be that a request is judged by. */
const VISIBLE_AFTER_MS = MINUTE_MS;

/** A time during which the record of an API key was the same; undefined if there was none. */
interface Version {
  from: number;
  until: number;
  record: Workspace | undefined;
}

/**
 * Remembers all settings that a workspace ever had, so that a request can be judged by those that
 * were in force.
 *
 * @param violate called with each promise that is broken
 */
export function createSettings(violate: (what: string) => void) {
  const histories = new Map<string, Version[]>();

  return {
    /** Called when a write of the table of workspaces took effect. */
    onWrite(key: string, item: unknown): void {
      // A claim of a key, or a master record, lets nobody in.
      const record = parseIfValid(workspaceSchema, item);
      const history = historyOf(key);
      const last = history.at(-1);
      if (last !== undefined) last.until = Date.now();
      history.push({ from: Date.now(), until: Number.POSITIVE_INFINITY, record });
      checkMark(last?.record, record);
    },

    /** What the record of an API key may have been for a request: see `VISIBLE_AFTER_MS`. */
    ofKey(apiKey: string, startedAt: number): (Workspace | undefined)[] {
      return inForce(historyOf(hashOfApiKey(apiKey)), startedAt);
    },

    /** In which time zones the events of a request may have been counted. */
    zonesOf(id: string, startedAt: number): Set<string> {
      const records = [...histories.values()].flatMap((history) => inForce(history, startedAt));
      return new Set(records.flatMap((one) => (one?.id === id ? one.timeZone : [])));
    },

    /** Whether a workspace had deletions on for a request: several if that is not certain. */
    deletionsOf(id: string, startedAt: number): Set<'on' | 'off'> {
      const records = [...histories.values()].flatMap((history) => inForce(history, startedAt));
      return new Set(
        records.flatMap((one) => (one?.id === id ? [one.deletions ?? ('off' as const)] : [])),
      );
    },

    /** The records as they are now. */
    current: (): Workspace[] =>
      [...histories.values()].flatMap((history) => history.at(-1)?.record ?? []),
  };

  function historyOf(key: string): Version[] {
    const none = { from: 0, until: Number.POSITIVE_INFINITY, record: undefined };
    const history = histories.get(key) ?? [none];
    histories.set(key, history);
    return history;
  }

  /** The mark says that Nat rejects the key. It must go with the key. */
  function checkMark(before: Workspace | undefined, after: Workspace | undefined): void {
    const isMarked =
      before?.natKeyRejectedAt !== undefined && after?.natKeyRejectedAt !== undefined;
    if (isMarked && before.natApiKey !== after.natApiKey) {
      violate('a new key kept the mark that Nat rejects the old one');
    }
  }
}

function inForce(history: Version[], startedAt: number): (Workspace | undefined)[] {
  const recent = history.filter(({ until }) => until >= startedAt - VISIBLE_AFTER_MS);
  return recent.map(({ record }) => record);
}
