import { openTryIfEmpty } from './command.js';
import { arrange, byId, setText } from './dom.js';
import { count, formatNumber } from './formats.js';
import { load } from './load.js';
import { showPager } from './pager.js';
import { go, readPlace } from './place.js';
import { showDetail } from './request-detail.js';
import { createRow, showRow } from './request-row.js';
import { createFindings, showSearch, startSearch } from './search.js';

let rows = new Map();
/** The newest request on the page. */
let newest;
let isFirstLoad = true;

const tellFindings = createFindings('request');

const follow = byId('follow');

startSearch(byId('requests-search'));
byId('requests-status').addEventListener('change', ({ target }) => {
  go({ status: target.value, before: '', request: '' });
});
follow.addEventListener('click', () => {
  if (readPlace().before !== '') followLive();
  else go({ before: String(newest === undefined ? Date.now() : newest + 1) });
});
byId('newer-requests').addEventListener('click', () => {
  followLive();
  follow.focus();
  scrollTo(0, 0);
});

/** Reads the requests of a place, and shows them. */
export async function showRequests(place) {
  const { search, status, before, request } = place;
  showSearch(byId('requests-search'), search);
  byId('requests-status').value = status;
  const page = await load(`requests?${new URLSearchParams({ search, status, before })}`);
  if (page === undefined) return;
  const items = await withLinked(page.items, request);
  const next = new Map();
  for (const item of items) {
    const row = rows.get(item.id) ?? createRow(item, toggle);
    showRow(row, item, { isOpen: String(item.id) === request });
    next.set(item.id, row);
  }
  rows = next;
  newest = page.items[0]?.id;
  arrange(byId('request-list'), [...rows.values()]);
  if (isFirstLoad) openTryIfEmpty(page.total);
  isFirstLoad = false;
  showState(page, place);
  await showDetail(rows.get(Number(request)), request);
  tellFindings(place, page.matching);
}

/** A link may name a request that its page does not list, or no longer. It comes first then. */
async function withLinked(items, request) {
  if (request === '' || items.some(({ id }) => String(id) === request)) return items;
  const linked = await load(`requests/${encodeURIComponent(request)}`);
  byId('request-gone').hidden = linked !== undefined;
  return linked === undefined ? items : [linked, ...items];
}

/** A request that is open stays where it is, so the page does not follow. */
function toggle(id) {
  const { before, request } = readPlace();
  if (request === String(id)) go({ request: '' });
  else go({ request: String(id), before: before === '' ? String((newest ?? id) + 1) : before });
}

function followLive() {
  go({ before: '', request: '' });
}

function showState(page, { before, request, search, status }) {
  const { total, matching, newerCount, items } = page;
  const isFollowing = before === '';
  follow.ariaPressed = String(isFollowing);
  byId('newer-requests').hidden = isFollowing || newerCount === 0;
  setText(byId('newer-requests'), `${count(newerCount, 'newer request')}: show and follow`);
  if (request === '') byId('request-gone').hidden = true;
  byId('requests-empty').hidden = total > 0;
  byId('requests-tools').hidden = total === 0;
  byId('requests-none').hidden = total === 0 || items.length > 0;
  const all = count(total, 'request');
  const isFiltered = search !== '' || status !== '';
  const found = isFiltered ? `${formatNumber(matching)} of ${all}` : all;
  const isPart = items.length > 0 && items.length < matching;
  const part = `, ${formatNumber(newerCount + 1)} to ${formatNumber(newerCount + items.length)} shown`;
  setText(byId('requests-count'), total === 0 ? '' : found + (isPart ? part : ''));
  showPager(byId('requests-pager'), page);
}
