import { createCommand } from './command.js';
import { createButton, createElement, createForeign } from './dom.js';
import { formatBytes, formatMoment } from './formats.js';
import { load } from './load.js';
import { createEvent, showEvent } from './request-event.js';

/** The details that are open, with how many of their events are shown. */
let open;

/**
 * Shows the details of a request below its row, and hides those of every other request.
 *
 * @param row undefined if the page does not list the request
 * @param id its id; empty for none
 */
export async function showDetail(row, id) {
  if (open !== undefined && open.id !== id) {
    open.element.remove();
    open = undefined;
  }
  if (row === undefined) return;
  const request = await load(`requests/${id}`);
  if (request === undefined) return;
  if (open === undefined) {
    open = { id, element: createDetail(request), events: [], nextFrom: 0 };
    await showMore(request);
  } else {
    await refreshEvents(request);
  }
  row.append(open.element);
}

function createDetail({ id, at, userAgent, workspace, latencyMs, bodyBytes, isKept, curl }) {
  const facts = createElement('dl', 'facts');
  const addFact = (name, ...value) =>
    facts.append(
      createElement('div', '', createElement('dt', '', name), createElement('dd', '', ...value)),
    );
  addFact('Arrived', `${formatMoment(at)}, answered after ${latencyMs} ms`);
  addFact('User agent', createForeign('span', '', userAgent ?? 'none'));
  if (isKept) addFact('Workspace', workspace ?? 'unknown API key');
  if (bodyBytes !== undefined) addFact('Body', createDownload(id, bodyBytes));
  const detail = createElement('div', 'detail', facts, createElement('ol', 'events'));
  const more = createButton('more-events', 'Show more events', () => showMore());
  detail.append(more);
  if (!isKept) {
    const text = 'Only the summary of this request is kept: newer requests needed the memory.';
    detail.append(createElement('p', 'hint', text));
  }
  if (curl !== undefined) {
    const hint = 'The same request again. Put in your API key.';
    detail.append(
      createElement('h3', '', 'As curl'),
      createElement('p', 'hint', hint),
      createCommand(curl, 'The request as curl'),
    );
  }
  return detail;
}

function createDownload(id, bytes) {
  const link = createElement('a', '', `${formatBytes(bytes)}, download`);
  link.href = `requests/${id}/body`;
  return link;
}

async function showMore(first) {
  const detail = open;
  const request = first ?? (await load(`requests/${detail.id}?from=${detail.nextFrom}`));
  const { events = [], nextFrom } = request ?? {};
  const isInBatch = detail.nextFrom > 0 || events.length > 1;
  detail.nextFrom = nextFrom;
  for (const event of events) {
    const element = createEvent(event, { isInBatch });
    detail.events[event.index] = element;
    detail.element.querySelector('.events').append(element);
  }
  detail.element.querySelector('.more-events').hidden = nextFrom === undefined;
}

/** What becomes of the events on the page. The reader may have opened or focused some of them. */
async function refreshEvents(first) {
  const detail = open;
  let request = first;
  while (request !== undefined) {
    for (const event of request.events ?? []) showEvent(detail.events[event.index], event);
    const next = request.nextFrom;
    const isShown = next !== undefined && next < detail.events.length;
    request = isShown ? await load(`requests/${detail.id}?from=${next}`) : undefined;
  }
}
