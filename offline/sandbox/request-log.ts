import type { Changes } from './changes.ts';
import { type EventResult, readEventResults } from './event-results.ts';

/** Older requests are forgotten. */
const MAX_REQUESTS = 5000;
/** The contents of older requests are forgotten. As text in memory it may be twice as much. */
const MAX_CONTENT_BYTES = 32 * 1024 * 1024;
/** About what a result and its interaction take in memory. */
const BYTES_PER_EVENT = 400;
const MAX_LISTED_CODES = 3;

/** A request to the API, without its API key. */
export interface ApiRequest extends RequestContent {
  /** When it arrived, ISO 8601. */
  at: string;
  method: string;
  /** With its query. */
  path: string;
  userAgent: string | undefined;
  /** Undefined if the caller left before the answer. */
  status: number | undefined;
  latencyMs: number;
}

/** What takes much memory. */
export interface RequestContent {
  contentType: string | undefined;
  /** True if it had the header `Authorization`. */
  hasAuthorization: boolean;
  /** The body as text, unpacked; undefined if it could not be read as text. */
  body: string | undefined;
  /** The body of the answer. */
  answer: string;
  /** The id of its workspace; undefined if the API key is unknown. */
  workspace: string | undefined;
  /** What each event became, in order; undefined for an event that became nothing. */
  interactions: (RequestInteraction | undefined)[];
}

/** The interaction that an event became, or that was there before it. */
export interface RequestInteraction {
  /** Names it in the ledger. */
  id: string;
  email: string;
  day: string;
  timeZone: string;
  description: string;
}

/** A request as it is kept. */
export interface LoggedRequest extends Omit<ApiRequest, keyof RequestContent> {
  /** Higher than that of every earlier request, also of an earlier run: ms since the epoch. */
  seq: number;
  /** How many events had each status. */
  counts: Partial<Record<EventResult['status'], number>>;
  /** The first different codes of the events that were rejected or failed. */
  codes: string[];
  /** Undefined if it was forgotten. */
  content: (RequestContent & { results: EventResult[] }) | undefined;
}

/** The last requests to the API. */
export type RequestLog = ReturnType<typeof createRequestLog>;

/** Creates an empty log of the last 5,000 requests. */
export function createRequestLog(changes: Changes) {
  const requests: LoggedRequest[] = [];
  const withContent: { request: LoggedRequest; bytes: number }[] = [];
  let contentBytes = 0;
  let lastSeq = 0;

  return {
    /** Adds a request that has ended. */
    add({ at, method, path, userAgent, status, latencyMs, ...content }: ApiRequest): void {
      lastSeq = Math.max(lastSeq + 1, Date.now());
      const results = readEventResults(status, content.answer);
      const request = {
        ...{ at, method, path, userAgent, status, latencyMs },
        seq: lastSeq,
        counts: countByStatus(results),
        codes: listCodes(results),
        content: { ...content, results },
      };
      requests.push(request);
      if (requests.length > MAX_REQUESTS) requests.shift();
      keepContent(request, bytesOf(request.content));
      changes.announce('requests');
    },

    /** All requests, newest first. */
    list: (): LoggedRequest[] => requests.toReversed(),

    find: (seq: number): LoggedRequest | undefined =>
      requests.find((request) => request.seq === seq),
  };

  function keepContent(request: LoggedRequest, bytes: number): void {
    withContent.push({ request, bytes });
    contentBytes += bytes;
    while (contentBytes > MAX_CONTENT_BYTES || withContent.length > MAX_REQUESTS) {
      const oldest = withContent.shift();
      if (oldest === undefined) return;
      contentBytes -= oldest.bytes;
      oldest.request.content = undefined;
    }
  }
}

function countByStatus(results: EventResult[]): LoggedRequest['counts'] {
  const counts: LoggedRequest['counts'] = {};
  for (const { status } of results) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

function listCodes(results: EventResult[]): string[] {
  const errors = results.filter(({ status }) => status === 'rejected' || status === 'failed');
  const codes = new Set(errors.flatMap(({ code }) => code ?? []));
  return [...codes].slice(0, MAX_LISTED_CODES);
}

function bytesOf({ body = '', answer, results }: RequestContent & { results: EventResult[] }) {
  return Buffer.byteLength(body) + Buffer.byteLength(answer) + results.length * BYTES_PER_EVENT;
}
