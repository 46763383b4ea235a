import QuickLRU from 'quick-lru';
import { MINUTE_MS } from '../runtime/durations.ts';
import type { Workspace } from './workspace.ts';

/** How long a container remembers a workspace, and also that a key is unknown. */
const REMEMBERED_MS = MINUTE_MS;
/** After this time no container uses a workspace as it was before a change. */
export const WORKSPACE_CHANGE_VISIBLE_AFTER_MS = 1.5 * MINUTE_MS;
/** Bounds the memory that a flood of wrong keys can take. */
const MAX_REMEMBERED = 5000;

type Lookup = Promise<Workspace | undefined>;

/**
 * Remembers look-ups for a minute. Look-ups of the same key at the same time become one, and failed
 * ones are not remembered.
 */
export function createWorkspaceCache() {
  const lookups = new QuickLRU<string, Lookup>({ maxSize: MAX_REMEMBERED, maxAge: REMEMBERED_MS });
  return {
    readThrough(key: string, load: () => Lookup): Lookup {
      const known = lookups.get(key);
      if (known !== undefined) return known;
      const lookup = load();
      lookups.set(key, lookup);
      lookup.catch(() => lookups.delete(key));
      return lookup;
    },

    forget(key: string): void {
      lookups.delete(key);
    },
  };
}
