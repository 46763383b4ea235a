/** Enough to fill any screen, few enough to be drawn again at each change. */
const PAGE_SIZE = 50;

/** A part of a list that is sorted newest first, and the way to the parts beside it. */
export interface Page<T> {
  items: T[];
  /** How many of the list are newer than this page. */
  newerCount: number;
  /** The `before` of the page with newer items. Without one, that is the first page. */
  newer: number | undefined;
  /** The `before` of the page with older items; undefined if this is the last page. */
  older: number | undefined;
}

/**
 * Cuts a page out of a list. A page stays the same while newer items arrive.
 *
 * @param list sorted newest first; `seq` is lower for older items
 * @param before only items with a lower `seq`; undefined for the first page
 */
export function pageOf<T extends { seq: number }>(
  list: readonly T[],
  before: number | undefined,
): Page<T> {
  const found = before === undefined ? 0 : list.findIndex(({ seq }) => seq < before);
  const start = found === -1 ? list.length : found;
  const end = start + PAGE_SIZE;
  return {
    items: list.slice(start, end),
    newerCount: start,
    newer: start > PAGE_SIZE ? list[start - PAGE_SIZE - 1]?.seq : undefined,
    older: end < list.length ? list[end - 1]?.seq : undefined,
  };
}
