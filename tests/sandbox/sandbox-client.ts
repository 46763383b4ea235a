import { afterEach } from 'vitest';
import { z } from 'zod';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../offline/sandbox/server.ts';

const running: Sandbox[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((sandbox) => sandbox.close()));
});

/** Starts a sandbox on a free port; it is closed after the test. */
export const freshSandbox = async (options: Partial<SandboxOptions> = {}): Promise<Sandbox> => {
  const sandbox = await startSandbox({ port: 0, ...options });
  running.push(sandbox);
  return sandbox;
};

/** The Authorization header that Segment sends for an API key. */
export const basic = (apiKey: string): string =>
  `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`;

/** Nat's recommended format, with whatever a test changes. */
export const recommended = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  type: 'identify',
  timestamp: '2020-05-31T17:55:47.263Z',
  traits: { email: 'peter@example.com' },
  page: { url: 'https://example.com' },
  ...changes,
});

/** Posts one call to Nat's intake; the key is `key-a` unless the headers say otherwise. */
export const identify = (
  sandbox: Sandbox,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> =>
  fetch(`${sandbox.url}/identify`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: basic('key-a'),
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

/** The timeline as `GET /timelines/:email` answers it. */
export const timelineOf = (sandbox: Sandbox, email: string, apiKey = 'key-a'): Promise<Response> =>
  fetch(`${sandbox.url}/timelines/${encodeURIComponent(email)}`, {
    headers: { authorization: basic(apiKey) },
  });

const timeline = z.strictObject({
  contact: z.string(),
  interactions: z.array(
    z.strictObject({
      timestamp: z.string(),
      description: z.string(),
      idempotencyKey: z.string().nullable(),
    }),
  ),
});

/** The interactions of a contact of `key-a` that must have some, newest first. */
export const interactionsOf = async (sandbox: Sandbox, email: string) =>
  timeline.parse(await (await timelineOf(sandbox, email)).json()).interactions;

/** Sets faults. */
export const setFaults = (sandbox: Sandbox, faults: unknown): Promise<Response> =>
  fetch(`${sandbox.url}/faults`, { method: 'PUT', body: JSON.stringify(faults) });
