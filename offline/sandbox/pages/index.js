import { showCommand } from './command.js';
import { clearContacts, countContacts, showContact } from './contacts.js';
import { showFaults } from './faults.js';

const SEARCH_DELAY_MS = 200;
const REOPEN_DELAY_MS = 2000;

const byId = (id) => document.getElementById(id);

let stream;
let counts = { accounts: 0, contacts: 0, matching: 0 };

/** Opens the stream for the current search and closes the one before. */
function openStream() {
  stream?.close();
  stream = new EventSource(`stream?${new URLSearchParams({ search: searchText() })}`);
  stream.addEventListener('open', () => showConnection('live'));
  stream.addEventListener('error', onStreamError);
  stream.addEventListener('snapshot', ({ data }) => onSnapshot(JSON.parse(data)));
  stream.addEventListener('contacts', ({ data }) => onContacts(JSON.parse(data)));
  stream.addEventListener('faults', ({ data }) => showFaults(JSON.parse(data)));
}

function searchText() {
  return byId('search').value.trim();
}

/** A browser reopens a broken stream by itself, but not after an answer that is not a stream. */
function onStreamError({ target }) {
  if (target !== stream) return;
  showConnection('disconnected');
  if (target.readyState !== EventSource.CLOSED) return;
  setTimeout(() => target === stream && openStream(), REOPEN_DELAY_MS);
}

function showConnection(state) {
  const indicator = byId('connection');
  // Screen readers repeat a text that is written again, so it is written only if it changes.
  if (indicator.dataset.state === state) return;
  indicator.dataset.state = state;
  indicator.textContent = state;
}

function onSnapshot({ latest, faults, apiUrl, ...newCounts }) {
  clearContacts();
  showFaults(faults);
  showCommand(apiUrl);
  showContacts(latest, newCounts, { highlight: false });
}

function onContacts({ latest, ...newCounts }) {
  showContacts(latest, newCounts, { highlight: true });
  byId('announcement').textContent =
    latest.length === 1
      ? `New interaction for ${latest[0].email}`
      : `New interactions for ${latest.length} contacts`;
}

function showContacts(latest, newCounts, options) {
  counts = newCounts;
  document.body.classList.toggle('several-accounts', counts.accounts > 1);
  // Each contact goes to the top, so the latest one goes last.
  for (const contact of latest.toReversed()) showContact(contact, options);
  showCounts();
}

function showCounts() {
  const shown = countContacts();
  byId('empty').hidden = counts.contacts > 0;
  byId('search-box').hidden = counts.contacts === 0;
  byId('not-found').hidden = counts.contacts === 0 || shown > 0;
  byId('not-found').textContent = `No address contains “${searchText()}”.`;
  byId('count').textContent = describeCounts(shown);
}

function describeCounts(shown) {
  const { contacts, matching } = counts;
  if (contacts === 0) return '';
  const all = `${formatNumber(contacts)} ${contacts === 1 ? 'contact' : 'contacts'}`;
  const isCut = shown < matching;
  if (searchText() === '') return isCut ? `the latest ${shown} of ${all}` : all;
  const found = `${formatNumber(matching)} of ${all}`;
  return isCut ? `${found}, the latest ${shown} shown` : found;
}

function formatNumber(number) {
  return number.toLocaleString('en');
}

let searchTimer;
byId('search').addEventListener('input', () => {
  clearTimeout(searchTimer);
  searchTimer = setTimeout(openStream, SEARCH_DELAY_MS);
});

openStream();
