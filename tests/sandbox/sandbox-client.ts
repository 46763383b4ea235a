import * as v from 'valibot';
import { afterEach } from 'vitest';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../offline/sandbox/server.ts';

const running: Sandbox[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((sandbox) => sandbox.close()));
});

/** Starts a sandbox on a free port and closes it after the test. */
export async function freshSandbox(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ port: 0, ...options });
  running.push(sandbox);
  return sandbox;
}

/** The Authorization header that Segment sends for an API key. */
export function basic(apiKey: string): string {
  return `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`;
}

/** An event in Nat's recommended format, with a test's changes. */
export function recommended(changes: object = {}): object {
  return {
    type: 'identify',
    timestamp: '2020-05-31T17:55:47.263Z',
    traits: { email: 'peter@example.com' },
    page: { url: 'https://example.com' },
    ...changes,
  };
}

/** Posts one call to Nat's intake, with the API key `key-a` unless the headers have another. */
export function identify(
  sandbox: Sandbox,
  body: object | string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${sandbox.url}/identify`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: basic('key-a'), ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** Requests `GET /timelines/:email`. */
export function timelineOf(sandbox: Sandbox, email: string, apiKey = 'key-a'): Promise<Response> {
  return fetch(`${sandbox.url}/timelines/${encodeURIComponent(email)}`, {
    headers: { authorization: basic(apiKey) },
  });
}

const timelineSchema = v.strictObject({
  contact: v.string(),
  interactions: v.array(
    v.strictObject({
      timestamp: v.string(),
      description: v.string(),
      idempotencyKey: v.nullable(v.string()),
    }),
  ),
});

/** The interactions of a contact of `key-a`, newest first. Fails if there are none. */
export async function interactionsOf(sandbox: Sandbox, email: string) {
  return v.parse(timelineSchema, await (await timelineOf(sandbox, email)).json()).interactions;
}

/** Requests `PUT /faults`, or `PUT /faults/NAME` if a name is given. */
export function setFault(sandbox: Sandbox, fault: unknown, name?: string): Promise<Response> {
  const path = name === undefined ? '/faults' : `/faults/${name}`;
  return fetch(sandbox.url + path, { method: 'PUT', body: JSON.stringify(fault) });
}
