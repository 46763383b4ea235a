import type { Deliveries } from './deliveries.ts';
import type { EventResult } from './event-results.ts';
import type { LoggedRequest } from './request-log.ts';

/** What the requests of a page have in common. */
export interface RequestFilter {
  /** Requests with an event of this status, or with an interaction that waits or is dead. */
  status: RequestStatus | undefined;
  /** Requests that contain this text, in any casing. */
  search: string;
}

/** A status by which requests are found. */
type RequestStatus = EventResult['status'] | 'waiting' | 'dead';

/** How many of the accepted events of a request have come how far. */
type DeliveryCounts = Record<'delivered' | 'waiting' | 'dead', number>;

/** Finds the requests that a filter describes. The order stays. */
export function filterRequests(
  requests: LoggedRequest[],
  { status, search }: RequestFilter,
  deliveries: Deliveries,
): LoggedRequest[] {
  const text = search === '' ? undefined : new RegExp(RegExp.escape(search), 'i');
  return requests.filter(
    (request) =>
      (status === undefined || hasStatus(request, status, deliveries)) &&
      (text === undefined || contains(request, text)),
  );
}

/** Counts how far the accepted events of a request have come, as far as that is known. */
export function countDeliveries({ content }: LoggedRequest, deliveries: Deliveries) {
  const counts: DeliveryCounts = { delivered: 0, waiting: 0, dead: 0 };
  content?.results.forEach(({ status }, index) => {
    const interaction = content.interactions[index];
    if (status !== 'accepted' || interaction === undefined) return;
    const delivery = deliveries.statusOf(interaction.id);
    if (delivery === 'delivered' || delivery === 'dead') counts[delivery] += 1;
    else if (delivery !== undefined) counts.waiting += 1;
  });
  return counts;
}

function hasStatus(request: LoggedRequest, status: RequestStatus, deliveries: Deliveries): boolean {
  if (status !== 'waiting' && status !== 'dead') return (request.counts[status] ?? 0) > 0;
  return request.counts.accepted !== undefined && countDeliveries(request, deliveries)[status] > 0;
}

/** The answer has the codes and messages. The interactions have the addresses in lower case. */
function contains({ content, ...request }: LoggedRequest, text: RegExp): boolean {
  const { method, path, userAgent = '', status = '', codes } = request;
  return (
    text.test(`${method} ${path} ${userAgent} ${status} ${codes.join(' ')}`) ||
    (content !== undefined &&
      (text.test(content.answer) ||
        text.test(content.body ?? '') ||
        content.interactions.some((interaction) => text.test(interaction?.email ?? ''))))
  );
}
