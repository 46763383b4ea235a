import QuickLRU from 'quick-lru';
import { MINUTE_MS } from '../runtime/durations.ts';
import type { Workspace } from './workspace.ts';

/** How long a container remembers a workspace. */
const REMEMBERED_MS = MINUTE_MS;
/** After this time no container uses a workspace as it was before a change. */
export const WORKSPACE_CHANGE_VISIBLE_AFTER_MS = 1.5 * MINUTE_MS;
/** Bounds the memory that a flood of wrong keys can take. */
const MAX_REMEMBERED = 5000;

type Lookup = Promise<Workspace | undefined>;

/**
 * Remembers look-ups for a minute, or less. Look-ups of the same key at the same time become one, and
 * failed ones are not remembered.
 *
 * @param shortenTo called with each result: for how long it may be remembered at most, ms
 */
export function createWorkspaceCache(shortenTo: (found: Workspace | undefined) => number) {
  const lookups = new QuickLRU<string, Lookup>({ maxSize: MAX_REMEMBERED, maxAge: REMEMBERED_MS });
  return {
    readThrough(key: string, load: () => Lookup): Lookup {
      const known = lookups.get(key);
      if (known !== undefined) return known;
      const lookup = load();
      lookups.set(key, lookup);
      lookup.then(
        (found) => shorten(key, lookup, shortenTo(found)),
        () => lookups.delete(key),
      );
      return lookup;
    },

    forget(key: string): void {
      lookups.delete(key);
    },
  };

  function shorten(key: string, lookup: Lookup, maxAge: number): void {
    if (maxAge >= REMEMBERED_MS || lookups.peek(key) !== lookup) return;
    if (maxAge > 0) lookups.set(key, lookup, { maxAge });
    else lookups.delete(key);
  }
}
