import { createElement, createForeign } from './dom.js';
import { formatDuration, formatMoment, formatNumber } from './formats.js';

const STATUSES = ['accepted', 'duplicate', 'deleting', 'ignored', 'rejected', 'failed'];

/**
 * Creates the row of a request. What may change is shown by `showRow`.
 *
 * @param onToggle called with the id of the request when the reader opens or closes it
 */
export function createRow({ id, at, method, path, sdk, status, latencyMs }, onToggle) {
  const row = createElement('li', 'request');
  row.dataset.request = id;
  const button = createElement(
    'button',
    'request-row',
    createElement('span', `http http-${classOf(status)}`, String(status ?? 'none')),
    createElement(
      'span',
      'request-name',
      createElement('span', 'method', method),
      ' ',
      createForeign('span', 'path', path),
      createForeign('span', 'sdk', sdk ?? 'no user agent'),
    ),
    createElement('span', 'outcome'),
    createElement('span', 'latency', formatDuration(latencyMs)),
    createMoment(at),
  );
  button.type = 'button';
  button.addEventListener('click', () => onToggle(id));
  row.append(button);
  return row;
}

/** Shows how far the events of a request have come, and whether it is open. */
export function showRow(row, item, { isOpen }) {
  const button = row.querySelector('.request-row');
  button.ariaExpanded = String(isOpen);
  row.classList.toggle('open', isOpen);
  const outcome = row.querySelector('.outcome');
  const tags = describeOutcome(item);
  if (outcome.dataset.shown === JSON.stringify(tags)) return;
  outcome.dataset.shown = JSON.stringify(tags);
  outcome.replaceChildren(
    ...tags.flatMap(({ kind, text }) => [createElement('span', `tag tag-${kind}`, text), ' ']),
  );
}

function createMoment(at) {
  const time = createElement('time', 'moment', formatMoment(at));
  time.dateTime = at;
  time.title = at;
  return time;
}

/** The tags of a row: `2 accepted`, `1 delivered`, `1 waiting`, `1 rejected: email_invalid`. */
function describeOutcome({ counts, codes, deliveries }) {
  const events = STATUSES.reduce((sum, status) => sum + (counts[status] ?? 0), 0);
  const numbered = (number, word) => (events === 1 ? word : `${formatNumber(number)} ${word}`);
  const tags = [];
  for (const status of STATUSES) {
    const number = counts[status] ?? 0;
    if (number === 0) continue;
    const isError = status === 'rejected' || status === 'failed';
    const why = isError && codes.length > 0 ? `: ${codes.join(', ')}` : '';
    tags.push({ kind: status, text: numbered(number, status) + why });
    if (status === 'accepted') tags.push(...describeDeliveries(deliveries, numbered));
  }
  return tags;
}

function describeDeliveries(deliveries, numbered) {
  return ['delivered', 'waiting', 'dead']
    .filter((status) => deliveries[status] > 0)
    .map((status) => ({ kind: status, text: numbered(deliveries[status], status) }));
}

function classOf(status) {
  return status === undefined ? 'none' : `${String(status)[0]}xx`;
}
