import { openTryIfEmpty } from './command.js';
import { createContact, showInteractions } from './contact.js';
import { announce, arrange, byId, setText } from './dom.js';
import { count, formatNumber } from './formats.js';
import { load } from './load.js';
import { showPager } from './pager.js';
import { addressOf } from './place.js';
import { createFindings, showSearch, startSearch } from './search.js';

/** By account and address, because several accounts may have a contact with the same address. */
let articles = new Map();
/** The contacts of which all interactions are shown. */
const openKeys = new Set();
let shownPlace;

const tellFindings = createFindings('contact');

startSearch(byId('timelines-search'));

/** Reads the timelines of a place, and shows them. */
export async function showTimelines(place, refresh) {
  const { search, before } = place;
  showSearch(byId('timelines-search'), search);
  const page = await load(`contacts?${new URLSearchParams({ search, before })}`);
  if (page === undefined) return;
  const contacts = await Promise.all(page.items.map(withAllIfOpen));
  // Only what comes while the reader looks is new.
  const isSamePlace = shownPlace === addressOf(place);
  const changed = showContacts(contacts, isSamePlace, refresh);
  if (shownPlace === undefined) openTryIfEmpty(page.contacts);
  showCounts(page, place);
  tellFindings(place, page.matching);
  if (isSamePlace && changed.length > 0) announceNew(changed);
  shownPlace = addressOf(place);
}

async function withAllIfOpen(contact) {
  if (!openKeys.has(keyOf(contact))) return contact;
  const { account, email } = contact;
  return (await load(`contacts/${account}/${encodeURIComponent(email)}`)) ?? contact;
}

/** @returns the contacts with new interactions */
function showContacts(contacts, highlight, refresh) {
  const changed = [];
  const next = new Map();
  for (const contact of contacts) {
    const key = keyOf(contact);
    const article = articles.get(key) ?? createContact(contact, () => toggle(key, refresh));
    next.set(key, article);
    const isOpen = openKeys.has(key);
    if (showInteractions(article, contact, { highlight, isOpen })) changed.push(contact);
  }
  articles = next;
  arrange(byId('contacts'), [...next.values()]);
  return changed;
}

function toggle(key, refresh) {
  if (!openKeys.delete(key)) openKeys.add(key);
  refresh();
}

function keyOf({ account, email }) {
  return `${account} ${email}`;
}

function announceNew(contacts) {
  announce(
    contacts.length === 1
      ? `New interaction for ${contacts[0].email}`
      : `New interactions for ${contacts.length} contacts`,
  );
}

function showCounts(page, { search }) {
  const { accounts, contacts, matching, newerCount, items } = page;
  document.body.classList.toggle('several-accounts', accounts > 1);
  byId('timelines-empty').hidden = contacts > 0;
  byId('timelines-tools').hidden = contacts === 0;
  byId('timelines-none').hidden = contacts === 0 || items.length > 0;
  const nothing =
    search === ''
      ? 'There are no older contacts.'
      : 'No address or description contains this text.';
  setText(byId('timelines-none'), nothing);
  const all = count(contacts, 'contact');
  const found = search === '' ? all : `${formatNumber(matching)} of ${all}`;
  const isPart = items.length > 0 && items.length < matching;
  const part = `, ${formatNumber(newerCount + 1)} to ${formatNumber(newerCount + items.length)} shown`;
  setText(byId('timelines-count'), contacts === 0 ? '' : found + (isPart ? part : ''));
  showPager(byId('timelines-pager'), page);
}
