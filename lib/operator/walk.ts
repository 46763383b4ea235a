import type { Page } from '../runtime/dynamodb/pages.ts';

/** How far a command is that reads several sources page by page. */
interface Progress<Source extends string> {
  /** What is still to be read: queues, or parts of the table. The first one is being read. */
  sources: Source[];
  /** Where the next page of the first source starts; undefined at its beginning. */
  position?: Page<unknown>['next'] | undefined;
}

/**
 * Reads sources page by page until the time is up.
 *
 * @param progress is moved on after each page
 * @param read reads a source from a position
 * @param handle called with each page; false ends the walk, and `progress` stays as it is then
 * @param hasTime asked before each page but the first
 * @returns true if everything was read
 */
export async function walk<T, Source extends string>(
  progress: Progress<Source>,
  read: (source: Source, position: Progress<Source>['position']) => AsyncIterable<Page<T>>,
  handle: (page: Page<T>, source: Source) => Promise<false | undefined>,
  hasTime: () => boolean,
): Promise<boolean> {
  for (let [source] = progress.sources; source !== undefined; [source] = progress.sources) {
    for await (const page of read(source, progress.position)) {
      if ((await handle(page, source)) === false) return false;
      progress.position = page.next;
      if (page.next !== undefined && !hasTime()) return false;
    }
    progress.sources.shift();
    progress.position = undefined;
    if (progress.sources.length > 0 && !hasTime()) return false;
  }
  return true;
}
