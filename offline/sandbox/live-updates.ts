import type { Context } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import { type ChangeFeed, watchChanges } from './change-feed.ts';
import type { FaultSwitch } from './fault-switch.ts';
import type { Contact, Timelines } from './timelines.ts';

// What one message carries at most, and so what the page shows at most.
const MOST_CONTACTS = 200;
const MOST_INTERACTIONS = 20;
const RECONNECT_MS = 1000;

/** What the stream tells of: the timelines, the faults, and the address of the project's API. */
export type Stores = { timelines: Timelines; faults: FaultSwitch; apiUrl: string };

/**
 * Makes the handler of `GET /stream`: Server-Sent Events that keep a page up to date.
 * `snapshot` comes first, with the most recently active contacts, the faults and the address of
 * the API; then `contacts`, with those that changed, and `faults`. Contacts stand with the latest
 * activity first. With `?search=` only those whose address contains it are told.
 *
 * @param sources what is told about; no message ever holds an API key
 * @returns a handler whose answer ends when the client leaves
 */
export const streamChanges =
  (sources: Stores) =>
  (c: Context): Response => {
    const search = (c.req.query('search') ?? '').trim().toLowerCase();
    return streamSSE(c, async (stream) => {
      const news = watchChanges(sources.timelines, sources.faults, search);
      stream.onAbort(news.close);
      await sendEvent(stream, 'snapshot', {
        ...viewOf(sources.timelines, search, sources.timelines.recent(search)),
        faults: sources.faults.current(),
        apiUrl: sources.apiUrl,
      });
      while (!stream.aborted) await sendNextChanges(stream, news, sources, search);
    });
  };

const sendNextChanges = async (
  stream: SSEStreamingApi,
  news: ChangeFeed,
  { timelines, faults }: Stores,
  search: string,
): Promise<void> => {
  const changes = await news.next();
  if (changes.faultsChanged) await sendEvent(stream, 'faults', faults.current());
  if (changes.contacts.length === 0) return;
  await sendEvent(stream, 'contacts', viewOf(timelines, search, changes.contacts));
};

const sendEvent = (stream: SSEStreamingApi, event: string, data: unknown): Promise<void> =>
  stream.writeSSE({ event, data: JSON.stringify(data), retry: RECONNECT_MS });

const viewOf = (timelines: Timelines, search: string, contacts: Contact[]) => ({
  ...timelines.totals(),
  matching: timelines.recent(search).length,
  latest: contacts.slice(0, MOST_CONTACTS).map(toView),
});

const toView = ({ account, email, interactions }: Contact) => ({
  account,
  email,
  total: interactions.length,
  interactions: interactions
    .slice(0, MOST_INTERACTIONS)
    .map(({ timestamp, day, description }) => ({ timestamp, day, description })),
});
