import type { Context } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import type { Changes } from './changes.ts';
import type { FaultSwitch } from './fault-switch.ts';

const RECONNECT_MS = 1000;

/** What the stream tells about. */
export interface LiveUpdatesDependencies {
  changes: Changes;
  faults: FaultSwitch;
  /** The address of the project's own API, for the command to try. */
  apiUrl: string;
}

/**
 * Answers `GET /stream` with Server-Sent Events that keep a page up to date, until the client
 * leaves. `hello` comes first, with the faults and the address of the API. Then come `changed`, with
 * what the page has to read again (`contacts`, `requests`), and `faults`. No message contains an API
 * key.
 */
export function streamUpdates(
  c: Context,
  { changes, faults, apiUrl }: LiveUpdatesDependencies,
): Response {
  return streamSSE(c, async (stream) => {
    const feed = changes.watch();
    stream.onAbort(feed.close);
    await sendEvent(stream, 'hello', { faults: faults.list(), apiUrl });
    while (!stream.aborted) {
      const subjects = await feed.next();
      if (subjects.includes('faults')) await sendEvent(stream, 'faults', faults.list());
      const lists = subjects.filter((subject) => subject !== 'faults');
      if (lists.length > 0) await sendEvent(stream, 'changed', lists);
    }
  });
}

function sendEvent(stream: SSEStreamingApi, event: string, data: unknown): Promise<void> {
  return stream.writeSSE({ event, data: JSON.stringify(data), retry: RECONNECT_MS });
}
