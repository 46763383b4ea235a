import { parseArgs } from 'node:util';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import getPort from 'get-port';
import pMap from 'p-map';
import * as z from 'zod/mini';
import { TABLES } from '../offline/database.ts';
import { LOCAL_API_KEY } from '../offline/local-api-key.ts';
import { type Stack, startStack } from '../offline/stack.ts';

const HELP = `npm run soak -- [--events N] [--contacts N] [--outage SECONDS]

Drives the local stack, on free ports, with 10 % Nat faults and an outage in the middle, waits
until everything is delivered, and compares what Nat has with what was accepted.

  --events N        how many events (default 100000)
  --contacts N      from how many contacts (default 10000)
  --outage SECONDS  how long Nat is down in the middle (default 30)
`;
const CONCURRENT_SENDERS = 32;
const PROGRESS_MS = 5000;
/** Backoff reaches minutes when an outage hits several tries of one interaction. */
const REST_TIMEOUT_MS = 30 * 60 * 1000;
const AUTHORIZATION = `Basic ${Buffer.from(`${LOCAL_API_KEY}:`).toString('base64')}`;

const timelineSchema = z.object({ interactions: z.array(z.object({ timestamp: z.string() })) });

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '100000' },
    contacts: { type: 'string', default: '10000' },
    outage: { type: 'string', default: '30' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) process.stdout.write(HELP);
else process.exitCode = await soak(Number(values.events), Number(values.contacts));

async function soak(events: number, contacts: number): Promise<number> {
  const stack = await startStack({
    apiPort: await getPort(),
    natPort: await getPort(),
    lambdaPort: await getPort(),
    env: { POWERTOOLS_LOG_LEVEL: 'ERROR' },
    onLine: () => {},
  });
  try {
    const sent = await sendAll(stack, events, contacts);
    await untilDelivered(stack);
    return await compare(stack, sent);
  } finally {
    await stack.stop();
  }
}

/** What was sent: the interactions that must be there, and how the API answered. */
interface Sent {
  /** `<email> <day>` */
  expected: Set<string>;
  accepted: Set<string>;
  otherAnswers: number;
}

async function sendAll(stack: Stack, events: number, contacts: number): Promise<Sent> {
  const sent: Sent = { expected: new Set(), accepted: new Set(), otherAnswers: 0 };
  const latencies: number[] = [];
  const started = performance.now();
  const progress = setInterval(() => say(`${latencies.length} of ${events} sent`), PROGRESS_MS);
  await setFaults(stack, { rate: 0.1, status: 503 });
  let outage: Promise<void> | undefined;
  await pMap(
    Array.from({ length: events }, (_, n) => n),
    async (n) => {
      if (n === Math.floor(events / 2)) outage = haveOutage(stack, Number(values.outage) * 1000);
      const { email, day } = whoAndWhen(n, contacts);
      const began = performance.now();
      const status = await send(stack, email, day);
      latencies.push(performance.now() - began);
      sent.expected.add(`${email} ${day}`);
      if (status === 202 && !sent.accepted.has(`${email} ${day}`))
        sent.accepted.add(`${email} ${day}`);
      else if (status !== 200) sent.otherAnswers += 1;
    },
    { concurrency: CONCURRENT_SENDERS },
  );
  clearInterval(progress);
  await outage;
  await fetch(`${stack.natUrl}/faults`, { method: 'DELETE' });
  report(latencies, performance.now() - started);
  return sent;
}

/** Every contact sends twice a day; at any time half of what is sent is new. */
function whoAndWhen(n: number, contacts: number): { email: string; day: string } {
  const contact = (n * 7919) % contacts;
  const day = Math.floor((Math.floor(n / contacts) + (contact % 2)) / 2);
  return {
    email: `contact-${contact}@example.com`,
    day: new Date(Date.UTC(2026, 9, 1 + day)).toISOString().slice(0, 10),
  };
}

async function send(stack: Stack, email: string, day: string): Promise<number> {
  const response = await fetch(`${stack.apiUrl}/v1/identify`, {
    method: 'POST',
    headers: { authorization: AUTHORIZATION, 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'identify', timestamp: `${day}T12:00:00Z`, traits: { email } }),
  });
  await response.arrayBuffer();
  return response.status;
}

async function haveOutage(stack: Stack, ms: number): Promise<void> {
  say(`Nat is down for ${ms / 1000} seconds`);
  await setFaults(stack, { rate: 1, status: 503 });
  await new Promise((resolve) => setTimeout(resolve, ms));
  await setFaults(stack, { rate: 0.1, status: 503 });
  say('Nat is back');
}

async function setFaults(stack: Stack, faults: object): Promise<void> {
  await fetch(`${stack.natUrl}/faults`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(faults),
  });
}

function report(latencies: number[], ms: number): void {
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(share * (latencies.length - 1))]?.toFixed(1);
  say(`${latencies.length} events in ${(ms / 1000).toFixed(0)} s`);
  say(`throughput  ${((latencies.length / ms) * 1000).toFixed(0)} events/s`);
  say(`latency     p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`);
}

async function untilDelivered(stack: Stack): Promise<void> {
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

/** @returns the exit code: 0 if Nat has what was accepted, each once, and nothing else */
async function compare(stack: Stack, sent: Sent): Promise<number> {
  const contacts = new Set([...sent.expected].map((name) => name.split(' ')[0] ?? ''));
  const atNat = await pMap(contacts, (email) => timelineOf(stack, email), { concurrency: 16 });
  const found = atNat.flat();
  const statuses = await countByStatus(stack);
  const figures: [what: string, is: number, mustBe: number][] = [
    ['answered accepted', sent.accepted.size, sent.expected.size],
    ['answered anything but accepted or duplicate', sent.otherAnswers, 0],
    ['delivered in the ledger', statuses.delivered ?? 0, sent.expected.size],
    ['on the timeline', found.length, sent.expected.size],
    ['on the timeline, each once', new Set(found).size, sent.expected.size],
    ['on the timeline, but never sent', found.filter((name) => !sent.expected.has(name)).length, 0],
  ];
  for (const [what, is, mustBe] of figures) {
    say(
      `${is === mustBe ? 'ok  ' : 'BAD '} ${what}: ${is}${is === mustBe ? '' : `, must be ${mustBe}`}`,
    );
  }
  return figures.every(([, is, mustBe]) => is === mustBe) ? 0 : 1;
}

async function timelineOf(stack: Stack, email: string): Promise<string[]> {
  const url = `${stack.natUrl}/timelines/${encodeURIComponent(email)}`;
  const response = await fetch(url, { headers: { authorization: AUTHORIZATION } });
  if (response.status === 404) return [];
  const { interactions } = timelineSchema.parse(await response.json());
  return interactions.map(({ timestamp }) => `${email} ${timestamp.slice(0, 10)}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
