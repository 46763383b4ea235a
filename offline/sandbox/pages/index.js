import { showCommand } from './command.js';
import { clearContacts, contactsShown, putContact } from './contacts.js';
import { showFaults } from './faults.js';

const SEARCH_PAUSE_MS = 200;
const REOPEN_MS = 2000;

const byId = (id) => document.getElementById(id);

let stream;
let totals = { accounts: 0, contacts: 0, matching: 0 };

/** Opens the stream for what is searched, instead of the one before. */
const openStream = () => {
  stream?.close();
  const search = byId('search').value.trim();
  stream = new EventSource(`stream?${new URLSearchParams({ search })}`);
  stream.addEventListener('open', () => showConnection('live'));
  stream.addEventListener('error', onStreamError);
  stream.addEventListener('snapshot', ({ data }) => onSnapshot(JSON.parse(data)));
  stream.addEventListener('contacts', ({ data }) => onContacts(JSON.parse(data)));
  stream.addEventListener('faults', ({ data }) => showFaults(JSON.parse(data)));
};

// A browser reconnects by itself after a break, but not after an answer that is no stream.
const onStreamError = ({ target }) => {
  if (target !== stream) return;
  showConnection('disconnected');
  if (target.readyState !== EventSource.CLOSED) return;
  setTimeout(() => target === stream && openStream(), REOPEN_MS);
};

const showConnection = (state) => {
  const indicator = byId('connection');
  // Written only when it differs, so that a search does not make screen readers repeat it.
  if (indicator.dataset.state === state) return;
  indicator.dataset.state = state;
  indicator.textContent = state;
};

const onSnapshot = ({ latest, faults, apiUrl, ...counts }) => {
  clearContacts();
  showFaults(faults);
  showCommand(apiUrl);
  putAll(latest, counts, { fresh: false });
};

const onContacts = ({ latest, ...counts }) => {
  putAll(latest, counts, { fresh: true });
  byId('announcement').textContent =
    latest.length === 1
      ? `New interaction for ${latest[0].email}`
      : `New interactions for ${latest.length} contacts`;
};

const putAll = (latest, counts, { fresh }) => {
  totals = counts;
  document.body.classList.toggle('several-accounts', totals.accounts > 1);
  // Each goes to the top, so the latest goes last.
  for (const contact of latest.toReversed()) putContact(contact, { fresh });
  showCounts();
};

const showCounts = () => {
  const shown = contactsShown();
  const search = byId('search').value.trim();
  byId('empty').hidden = totals.contacts > 0;
  byId('search-box').hidden = totals.contacts === 0;
  byId('nothing').hidden = totals.contacts === 0 || shown > 0;
  byId('nothing').textContent = `No contact’s address contains “${search}”.`;
  byId('count').textContent = countText(shown, search);
};

const countText = (shown, search) => {
  if (totals.contacts === 0) return '';
  const all = `${inFigures(totals.contacts)} ${totals.contacts === 1 ? 'contact' : 'contacts'}`;
  const cut = shown < totals.matching;
  if (search === '') return cut ? `the latest ${shown} of ${all}` : all;
  const found = `${inFigures(totals.matching)} of ${all}`;
  return cut ? `${found}, the latest ${shown} shown` : found;
};

const inFigures = (number) => number.toLocaleString('en');

let pause;
byId('search').addEventListener('input', () => {
  clearTimeout(pause);
  pause = setTimeout(openStream, SEARCH_PAUSE_MS);
});

openStream();
