import type { Context, Env, Hono } from 'hono';
import * as v from 'valibot';
import { bodyFileName, toCurlCommand } from './curl-command.ts';
import type { Deliveries } from './deliveries.ts';
import { pageOf } from './paging.ts';
import { readBefore, readNumber } from './query.ts';
import { type ReadDelivery, toEvents } from './request-events.ts';
import { countDeliveries, filterRequests } from './request-filter.ts';
import type { LoggedRequest, RequestLog } from './request-log.ts';

/** What the routes of requests work with. */
export interface RequestRoutesDependencies {
  requests: RequestLog;
  deliveries: Deliveries;
  readDelivery: ReadDelivery;
  apiUrl: string;
}

const statusSchema = v.fallback(
  v.optional(
    v.picklist([
      'accepted',
      'duplicate',
      'deleting',
      'ignored',
      'rejected',
      'failed',
      'waiting',
      'dead',
    ]),
  ),
  undefined,
);

/**
 * Adds the routes that the page of requests reads:
 *
 * - `GET /requests?status=&search=&before=` is a page of requests, newest first
 * - `GET /requests/ID?from=` is one request with some of its events, and how to send it again
 * - `GET /requests/ID/body` downloads its body
 *
 * No answer contains an API key.
 */
export function addRequestRoutes<E extends Env>(
  app: Hono<E>,
  { requests, deliveries, readDelivery, apiUrl }: RequestRoutesDependencies,
): void {
  app.get('/requests', (c) => {
    const all = requests.list();
    const status = v.parse(statusSchema, c.req.query('status'));
    const search = (c.req.query('search') ?? '').trim();
    const matching = filterRequests(all, { status, search }, deliveries);
    const { items, ...page } = pageOf(matching, readBefore(c));
    return c.json({
      total: all.length,
      matching: matching.length,
      ...page,
      items: items.map((request) => toRow(request, deliveries)),
    });
  });

  app.get('/requests/:id', async (c) => {
    const request = findRequest(c);
    if (request === undefined) return unknownRequest(c);
    const { content } = request;
    const events = content && (await toEvents(content, readNumber(c, 'from') ?? 0, readDelivery));
    return c.json({
      ...toRow(request, deliveries),
      userAgent: request.userAgent,
      workspace: content?.workspace,
      bodyBytes: content?.body === undefined ? undefined : Buffer.byteLength(content.body),
      isKept: content !== undefined,
      curl: toCurlCommand(apiUrl, request),
      ...events,
    });
  });

  app.get('/requests/:id/body', (c) => {
    const request = findRequest(c);
    if (request?.content?.body === undefined) return unknownRequest(c);
    return c.body(request.content.body, 200, {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="${bodyFileName(request.seq)}"`,
      'x-content-type-options': 'nosniff',
    });
  });

  function findRequest(c: Context): LoggedRequest | undefined {
    return requests.find(Number(c.req.param('id')));
  }
}

function unknownRequest(c: Context): Response {
  return c.json({ message: 'this request is no longer kept' }, 404);
}

function toRow(request: LoggedRequest, deliveries: Deliveries) {
  const { seq, at, method, path, userAgent, status, latencyMs, counts, codes } = request;
  return {
    id: seq,
    ...{ at, method, path, status, latencyMs, counts, codes },
    sdk: userAgent?.split(' ')[0],
    deliveries: countDeliveries(request, deliveries),
  };
}
