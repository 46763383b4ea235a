import { deliveryWord, describeDelivery } from './delivery.js';
import { createElement, createForeign, setText } from './dom.js';
import { formatDay } from './formats.js';
import { addressOf } from './place.js';

/** Creates the item of one event of a request. In a batch, its index names it, as in the log. */
export function createEvent(event, { isInBatch }) {
  const { index, status, code, message, email, payload } = event;
  const item = createElement('li', 'event');
  item.dataset.event = index;
  const line = createElement('p', 'event-line', createElement('span', `tag tag-${status}`, status));
  if (code !== undefined) line.append(createElement('code', '', code));
  if (isInBatch) line.append(createElement('span', 'index', `index ${index}`));
  item.append(line);
  if (message !== undefined) item.append(createForeign('p', 'message', message));
  if (email !== undefined) item.append(createInteraction(event));
  item.append(createElement('p', 'delivery', createElement('span'), ' ', createElement('span')));
  if (payload !== undefined) item.append(createPayload(payload));
  showEvent(item, event);
  return item;
}

/** Shows how far the service is with the interaction of an event. */
export function showEvent(item, { status, delivery, email }) {
  if (item === undefined) return;
  const note = item.querySelector('.delivery');
  note.hidden = email === undefined;
  if (email === undefined) return;
  const [tag, sentence] = note.children;
  const word = delivery === undefined ? 'unknown' : deliveryWord(delivery.status);
  tag.className = `tag tag-${word}`;
  setText(tag, word);
  const whose = status === 'duplicate' ? 'The first event of that day: ' : '';
  setText(
    sentence,
    delivery === undefined ? 'The ledger does not have it.' : whose + describeDelivery(delivery),
  );
}

function createInteraction({ email, day, timeZone, description }) {
  const link = createForeign('a', '', email);
  link.dataset.place = '';
  link.href = addressOf({ view: 'timelines', search: email });
  link.title = 'Show the timeline of this contact';
  return createElement(
    'p',
    'became',
    link,
    ` on ${formatDay(day)} (${timeZone}): `,
    createForeign('span', 'clamped', description),
  );
}

function createPayload(payload) {
  const text = createForeign('code', '', payload);
  text.dir = 'ltr';
  const block = createElement('pre', 'payload', text);
  block.tabIndex = 0;
  block.ariaLabel = 'The event as it was sent';
  block.role = 'group';
  return createElement('details', 'event-payload', createElement('summary', '', 'Event'), block);
}
