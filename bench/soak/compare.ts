import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import * as z from 'zod/mini';
import { LOCAL_API_KEY } from '../../cli/local-stack.ts';
import { TABLES } from '../../offline/database.ts';
import type { Stack } from '../../offline/stack.ts';

const PROGRESS_MS = 5000;
/** Backoff reaches minutes when an outage hits several tries of one interaction. */
const REST_TIMEOUT_MS = 30 * 60 * 1000;
/** What the API and the sandbox are called with. */
export const AUTHORIZATION = `Basic ${Buffer.from(`${LOCAL_API_KEY}:`).toString('base64')}`;

const timelineSchema = z.object({ interactions: z.array(z.object({ timestamp: z.string() })) });
const totalsSchema = z.object({
  keys: z.number(),
  answered: z.number(),
  unanswered: z.number(),
  needless: z.number(),
  secondOfDay: z.number(),
});

/** What was sent: the interactions that must be there, and how the API answered. */
export interface Sent {
  /** `<email> <day>` */
  expected: Set<string>;
  accepted: Set<string>;
  otherAnswers: number;
}

/** Waits until nothing is on its way any more, for half an hour at most. */
export async function untilDelivered(stack: Stack, say: (line: string) => void): Promise<void> {
  const deadline = Date.now() + REST_TIMEOUT_MS;
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
 * Compares what Nat has, and which calls it took, with what was sent. A call whose answer was lost
 * has to be repeated, under the same key; one that was answered never is.
 *
 * @returns the exit code: 0 if Nat has what was accepted, each once, and nothing else
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
  const calls = totalsSchema.parse(await (await fetch(`${stack.natUrl}/calls/totals`)).json());
  const figures: [what: string, is: number, mustBe: number][] = [
    ['answered accepted', sent.accepted.size, sent.expected.size],
    ['answered anything but accepted or duplicate', sent.otherAnswers, 0],
    ['delivered in the ledger', statuses.delivered ?? 0, sent.expected.size],
    ['on the timeline', found.length, sent.expected.size],
    ['on the timeline, but never sent', found.filter((name) => !sent.expected.has(name)).length, 0],
    ['Idempotency-Keys of calls that Nat took', calls.keys, sent.expected.size],
    ['calls that Nat took and answered', calls.answered, sent.expected.size],
    ['calls repeated after Nat had answered', calls.needless, 0],
    ['calls under another key for a contact and day that Nat had', calls.secondOfDay, 0],
  ];
  for (const [what, is, mustBe] of figures) {
    say(
      `${is === mustBe ? 'ok  ' : 'BAD '} ${what}: ${is}${is === mustBe ? '' : `, must be ${mustBe}`}`,
    );
  }
  say(`     calls that Nat took, but its answer was lost: ${calls.unanswered}`);
  return figures.every(([, is, mustBe]) => is === mustBe) ? 0 : 1;
}

async function timelineOf(stack: Stack, email: string): Promise<string[]> {
  const url = `${stack.natUrl}/timelines/${encodeURIComponent(email)}`;
  const response = await fetch(url, { headers: { authorization: AUTHORIZATION } });
  if (response.status === 404) return [];
  const { interactions } = timelineSchema.parse(await response.json());
  return interactions.map(({ timestamp }) => `${email} ${timestamp.slice(0, 10)}`);
}
