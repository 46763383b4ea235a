import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import * as v from 'valibot';
import { LOCAL_API_KEY } from '../../cli/local-stack.ts';
import { TABLES } from '../../offline/database.ts';
import type { Stack } from '../../offline/stack.ts';

const PROGRESS_MS = 5000;
/** Retries are minutes apart when an outage hits several attempts of one interaction. */
const DELIVERY_TIMEOUT_MS = 30 * 60 * 1000;
/** The `Authorization` of calls to the API and the sandbox. */
export const AUTHORIZATION = `Basic ${Buffer.from(`${LOCAL_API_KEY}:`).toString('base64')}`;

const timelineSchema = v.object({ interactions: v.array(v.object({ timestamp: v.string() })) });
const totalsSchema = v.object({
  keys: v.number(),
  answered: v.number(),
  unanswered: v.number(),
  needless: v.number(),
  secondOfDay: v.number(),
});

/** What was sent: the interactions that Nat must have, and the answers of the API. */
export interface Sent {
  /** `<email> <day>` */
  expected: Set<string>;
  accepted: Set<string>;
  otherAnswers: number;
}

/** Waits until no interaction is pending or retrying, at most half an hour. */
export async function untilDelivered(stack: Stack, say: (line: string) => void): Promise<void> {
  const deadline = Date.now() + DELIVERY_TIMEOUT_MS;
  for (;;) {
    const statuses = await countByStatus(stack);
    say(JSON.stringify(statuses));
    if ((statuses.pending ?? 0) + (statuses.retrying ?? 0) === 0) return;
    if (Date.now() > deadline) return;
    await new Promise((resolve) => setTimeout(resolve, PROGRESS_MS));
  }
}

async function countByStatus(stack: Stack): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const client = new DynamoDBClient(stack.dynamodb);
  for await (const { Items = [] } of paginateScan({ client }, { TableName: TABLES.Interactions })) {
    for (const { status, event } of Items) {
      const name = `${status?.S}${status?.S === 'delivered' && event !== undefined ? ' with its address' : ''}`;
      counts[name] = (counts[name] ?? 0) + 1;
    }
  }
  client.destroy();
  return counts;
}

/**
 * Compares the timelines and calls at Nat with the events. A call whose answer was lost has to be
 * repeated with the same Idempotency-Key; an answered call must not be repeated.
 *
 * @returns the exit code: 0 if Nat has each accepted interaction once and nothing else
 */
export async function compare(
  stack: Stack,
  sent: Sent,
  say: (line: string) => void,
): Promise<number> {
  const contacts = new Set([...sent.expected].map((name) => name.split(' ')[0] ?? ''));
  const atNat = await pMap(contacts, (email) => timelineOf(stack, email), { concurrency: 16 });
  const found = atNat.flat();
  const statuses = await countByStatus(stack);
  const calls = v.parse(totalsSchema, await (await fetch(`${stack.natUrl}/calls/totals`)).json());
  const figures: [what: string, actual: number, expected: number][] = [
    ['answered accepted', sent.accepted.size, sent.expected.size],
    ['answered neither accepted nor duplicate', sent.otherAnswers, 0],
    ['delivered in the ledger', statuses.delivered ?? 0, sent.expected.size],
    ['on the timeline', found.length, sent.expected.size],
    ['on the timeline, but never sent', found.filter((name) => !sent.expected.has(name)).length, 0],
    ['Idempotency-Keys of the calls that Nat accepted', calls.keys, sent.expected.size],
    ['calls that Nat accepted and answered', calls.answered, sent.expected.size],
    ['calls that were repeated although Nat had answered', calls.needless, 0],
    ['calls with a second Idempotency-Key for a contact and day', calls.secondOfDay, 0],
  ];
  for (const [what, actual, expected] of figures) {
    say(
      actual === expected
        ? `ok   ${what}: ${actual}`
        : `BAD  ${what}: ${actual}, must be ${expected}`,
    );
  }
  say(`     calls that Nat accepted, but its answer was lost: ${calls.unanswered}`);
  return figures.every(([, actual, expected]) => actual === expected) ? 0 : 1;
}

async function timelineOf(stack: Stack, email: string): Promise<string[]> {
  const url = `${stack.natUrl}/timelines/${encodeURIComponent(email)}`;
  const response = await fetch(url, { headers: { authorization: AUTHORIZATION } });
  if (response.status === 404) return [];
  const { interactions } = v.parse(timelineSchema, await response.json());
  return interactions.map(({ timestamp }) => `${email} ${timestamp.slice(0, 10)}`);
}
