import type { Context } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import { watchChanges } from './change-feed.ts';
import type { FaultSwitch } from './fault-switch.ts';
import type { Contact, Timelines } from './timelines.ts';

/** The most that one message carries, and so the most that the page shows. */
const MAX_CONTACTS = 200;
const MAX_INTERACTIONS = 20;
const RECONNECT_MS = 1000;

/** What the page shows. */
export interface LiveUpdatesDependencies {
  timelines: Timelines;
  faults: FaultSwitch;
  /** The address of the project's own API, for the command on the empty page. */
  apiUrl: string;
}

/**
 * Answers `GET /stream` with Server-Sent Events that keep a page up to date, until the client
 * leaves. `snapshot` comes first, with the most recently active contacts, the faults and the
 * address of the API. Then come `contacts`, with those that changed, and `faults`. Contacts are
 * ordered by activity, the latest first. `?search=` limits them to addresses that contain a text.
 * No message contains an API key.
 */
export function streamUpdates(
  c: Context,
  { timelines, faults, apiUrl }: LiveUpdatesDependencies,
): Response {
  const search = (c.req.query('search') ?? '').trim().toLowerCase();
  return streamSSE(c, async (stream) => {
    const feed = watchChanges(timelines, faults, search);
    stream.onAbort(feed.close);
    const contacts = timelines.search(search);
    const snapshot = { ...viewOf(contacts), faults: faults.list(), apiUrl };
    await sendEvent(stream, 'snapshot', snapshot);
    while (!stream.aborted) {
      const changes = await feed.next();
      if (changes.faultsChanged) await sendEvent(stream, 'faults', faults.list());
      if (changes.contacts.length > 0) {
        await sendEvent(stream, 'contacts', viewOf(changes.contacts));
      }
    }
  });

  function viewOf(contacts: Contact[]) {
    return {
      ...timelines.counts(),
      matching: timelines.search(search).length,
      latest: contacts.slice(0, MAX_CONTACTS).map(toContactView),
    };
  }
}

function sendEvent(stream: SSEStreamingApi, event: string, data: unknown): Promise<void> {
  return stream.writeSSE({ event, data: JSON.stringify(data), retry: RECONNECT_MS });
}

function toContactView({ account, email, interactions }: Contact) {
  return {
    account,
    email,
    total: interactions.length,
    interactions: interactions
      .slice(0, MAX_INTERACTIONS)
      .map(({ timestamp, day, description }) => ({ timestamp, day, description })),
  };
}
