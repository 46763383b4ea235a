import { showTryCommand } from './command.js';
import { byId, setText } from './dom.js';
import { showFaults } from './faults.js';
import { createRefresh } from './load.js';
import { addressOfView, followPlace, readPlace } from './place.js';
import { showRequests } from './requests.js';
import { showTimelines } from './timelines.js';

const REOPEN_DELAY_MS = 2000;
/** What each view shows, by the name that the stream has for it. */
const SUBJECTS = { timelines: 'contacts', requests: 'requests' };
const TITLES = { timelines: 'Timelines', requests: 'Requests' };

let faultsAreOn = false;

const refresh = createRefresh(() => {
  const place = readPlace();
  return place.view === 'requests' ? showRequests(place) : showTimelines(place, refresh);
});

/** Opens the stream that says what has changed. */
function openStream() {
  const stream = new EventSource('stream');
  stream.addEventListener('open', () => showConnection('live'));
  stream.addEventListener('error', () => onStreamError(stream));
  stream.addEventListener('hello', ({ data }) => onHello(JSON.parse(data)));
  stream.addEventListener('changed', ({ data }) => onChanged(JSON.parse(data)));
  stream.addEventListener('faults', ({ data }) => onFaults(JSON.parse(data)));
}

/** A browser reopens a broken stream by itself, but not after an answer that is not a stream. */
function onStreamError(stream) {
  showConnection('disconnected');
  if (stream.readyState === EventSource.CLOSED) setTimeout(openStream, REOPEN_DELAY_MS);
}

function showConnection(state) {
  const indicator = byId('connection');
  indicator.dataset.state = state;
  setText(indicator, state);
}

/** The sandbox may have been started again, so everything is read again. */
function onHello({ faults, apiUrl }) {
  onFaults(faults);
  showTryCommand(apiUrl);
  refresh();
}

function onChanged(subjects) {
  if (subjects.includes(SUBJECTS[readPlace().view])) refresh();
}

function onFaults(faults) {
  showFaults(faults);
  faultsAreOn = faults.length > 0;
  showTitle();
}

function showTitle() {
  const { view } = readPlace();
  document.title = `${faultsAreOn ? 'Faults on · ' : ''}${TITLES[view]} · Nat sandbox`;
}

followPlace(({ view }) => {
  for (const name of Object.keys(TITLES)) {
    byId(name).hidden = name !== view;
    const link = byId(`to-${name}`);
    link.href = addressOfView(name);
    link.ariaCurrent = name === view ? 'page' : null;
  }
  byId('skip').href = `#${view}`;
  showTitle();
  refresh();
});

openStream();
