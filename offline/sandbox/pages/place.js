/** What the address of the page says, so that a link shows the same again. */
const NAMES = ['search', 'status', 'before', 'request'];

/** Where each view was when the reader left it. */
const lastPlaces = new Map();
const listeners = [];

/** Reads the place: the view, and what is set of search, status, before (a page) and request. */
export function readPlace() {
  const query = new URLSearchParams(location.search);
  const view = query.get('view') === 'requests' ? 'requests' : 'timelines';
  return { view, ...Object.fromEntries(NAMES.map((name) => [name, query.get(name) ?? ''])) };
}

/** The address of a place. What is empty is left out. */
export function addressOf({ view, ...rest }) {
  const query = new URLSearchParams(view === 'requests' ? { view } : {});
  for (const name of NAMES) if (rest[name]) query.set(name, rest[name]);
  return query.size === 0 ? '/' : `/?${query}`;
}

/** The address of a view as the reader left it. */
export function addressOfView(view) {
  return addressOf(lastPlaces.get(view) ?? { view });
}

/** Changes something of the place. `replace` keeps it out of the history. */
export function go(changes, { replace = false } = {}) {
  goTo(addressOf({ ...readPlace(), ...changes }), { replace });
}

/** Goes to an address of this page without a reload. */
export function goTo(address, { replace = false } = {}) {
  if (address === location.pathname + location.search) return;
  if (replace) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
  onChange();
}

/** Calls a listener now, and when the place has changed, with the place. */
export function followPlace(listener) {
  listeners.push(listener);
  listener(readPlace());
}

function onChange() {
  const place = readPlace();
  lastPlaces.set(place.view, place);
  for (const listener of listeners) listener(place);
}

addEventListener('popstate', onChange);

/** A link to another place of this page needs no reload, unless it opens another tab. */
document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a[data-place]');
  if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  goTo(link.pathname + link.search);
  scrollTo(0, 0);
});

lastPlaces.set(readPlace().view, readPlace());
