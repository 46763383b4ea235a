import { parseArgs } from 'node:util';
import pMap from 'p-map';
import { singleResponseSchema } from '../lib/intake/response-schemas.ts';
import { parseIfValid } from '../lib/runtime/parse-if-valid.ts';
import { type Stack, startStack } from '../offline/stack.ts';
import { findFreePort } from '../tests/free-port.ts';
import { AUTHORIZATION, compare, type Sent, untilDelivered } from './soak/compare.ts';
import { startFaults } from './soak/faults.ts';

const HELP = `npm run soak -- [--events N] [--contacts N] [--outage SECONDS]

Starts a local stack on free ports and sends events to it. Meanwhile Nat fails 10 % of its calls,
with 503 and lost answers in turns, and is down for a while in the middle. Then waits until everything
is delivered, and compares the timelines and the calls at Nat with the accepted events.

  --events N        how many events (default 100000)
  --contacts N      of how many contacts (default 10000)
  --outage SECONDS  how long Nat is down in the middle (default 30)
`;
const CONCURRENT_SENDERS = 32;
const PROGRESS_MS = 5000;

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
    apiPort: await findFreePort(),
    natPort: await findFreePort(),
    lambdaPort: await findFreePort(),
    env: { POWERTOOLS_LOG_LEVEL: 'ERROR' },
    onLine: () => {},
  });
  try {
    const sent = await sendAll(stack, events, contacts);
    await untilDelivered(stack, say);
    return await compare(stack, sent, say);
  } finally {
    await stack.stop();
  }
}

async function sendAll(stack: Stack, events: number, contacts: number): Promise<Sent> {
  const sent: Sent = { expected: new Set(), accepted: new Set(), otherAnswers: 0 };
  const latencies: number[] = [];
  const started = performance.now();
  const progress = setInterval(() => say(`${latencies.length} of ${events} sent`), PROGRESS_MS);
  const faults = startFaults(stack.natUrl, say);
  await pMap(
    Array.from({ length: events }, (_, n) => n),
    async (n) => {
      if (n === Math.floor(events / 2)) faults.startOutage(Number(values.outage) * 1000);
      const { email, day } = contactAndDay(n, contacts);
      const startedAt = performance.now();
      const status = await send(stack, email, day);
      latencies.push(performance.now() - startedAt);
      sent.expected.add(`${email} ${day}`);
      if (status === 'accepted') sent.accepted.add(`${email} ${day}`);
      else if (status === undefined) sent.otherAnswers += 1;
    },
    { concurrency: CONCURRENT_SENDERS },
  );
  clearInterval(progress);
  await faults.end();
  report(latencies, performance.now() - started);
  return sent;
}

/** Each contact has two events a day; at any time half of the events are new. */
function contactAndDay(n: number, contacts: number): { email: string; day: string } {
  const contact = (n * 7919) % contacts;
  const day = Math.floor((Math.floor(n / contacts) + (contact % 2)) / 2);
  return {
    email: `contact-${contact}@example.com`,
    day: new Date(Date.UTC(2026, 9, 1 + day)).toISOString().slice(0, 10),
  };
}

/** @returns `accepted` or `duplicate`; undefined for an error */
async function send(stack: Stack, email: string, day: string): Promise<string | undefined> {
  const response = await fetch(`${stack.apiUrl}/v1/identify`, {
    method: 'POST',
    headers: { authorization: AUTHORIZATION, 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'identify', timestamp: `${day}T12:00:00Z`, traits: { email } }),
  });
  return parseIfValid(singleResponseSchema, await response.json())?.status;
}

function report(latencies: number[], ms: number): void {
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(share * (latencies.length - 1))]?.toFixed(1);
  say(`${latencies.length} events in ${(ms / 1000).toFixed(0)} s`);
  say(`throughput  ${((latencies.length / ms) * 1000).toFixed(0)} events/s`);
  say(`latency     p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
