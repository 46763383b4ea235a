import { mkdirSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Post } from './run-program.ts';
import { nameOf, type Sdk } from './sdks.ts';

/** A request as an SDK sent it, kept as a file in `recordings`. */
export interface Recording {
  path: string;
  /** Those that the service reads. */
  headers: Record<string, string>;
  /** The body before it was packed: its text, because JSON may have a field twice. */
  body: string;
}

export const RECORDINGS = new URL('recordings/', import.meta.url);

const READ_HEADERS = ['authorization', 'content-encoding', 'content-type', 'user-agent'];
const UUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/gi;
/** Replaced up to the second: how a fraction and an offset are written differs between SDKs. */
const TIME = /20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d/g;

/**
 * Keeps the posts of an SDK as fixtures, if `RECORD` is set. Addresses, ids and times are replaced.
 *
 * @param email the address in the posts
 */
export function record(sdk: Sdk, posts: Post[], email: string): void {
  if (process.env.RECORD === undefined) return;
  const recordings: Recording[] = posts.map(({ request }) => {
    const { path, headers } = request;
    const isPacked = headers['content-encoding'] === 'gzip';
    const body = (isPacked ? gunzipSync(request.body) : request.body).toString();
    return {
      path,
      headers: Object.fromEntries(
        READ_HEADERS.flatMap((name) => {
          const value = headers[name];
          return typeof value === 'string' ? [[name, value]] : [];
        }),
      ),
      body: body
        .replaceAll(email, 'someone@example.com')
        .replaceAll(UUID, '00000000-0000-4000-8000-000000000000')
        .replaceAll(TIME, '2026-11-24T08:00:00'),
    };
  });
  mkdirSync(RECORDINGS, { recursive: true });
  writeFileSync(
    new URL(recordingFile(sdk), RECORDINGS),
    `${JSON.stringify(recordings, null, 2)}\n`,
  );
}

/** The name of the file in `recordings`. */
export function recordingFile(sdk: Sdk): string {
  return `${nameOf(sdk).toLowerCase().replaceAll(' ', '-')}.json`;
}
