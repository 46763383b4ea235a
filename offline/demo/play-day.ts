import { setTimeout as wait } from 'node:timers/promises';
import * as v from 'valibot';
import { LOCAL_API_KEY } from '../../cli/local-stack.ts';
import type { Stack } from '../stack.ts';
import { createSenders } from './senders.ts';
import { type Visit, visitsOfTheDay } from './visits.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** So that one can watch. */
const DEFAULT_HOUR_MS = 1200;
const OUTAGE = { from: 12, to: 15 };
const RECOVERY_CHECK_MS = 500;
const RECOVERY_LIMIT_MS = 60_000;

const statsSchema = v.object({ retrying: v.number(), pendingOverAnHour: v.number() });

/**
 * Plays yesterday's day of a small customer through two SDKs, with an outage of Nat at noon. When
 * Nat is back it hastens the retries, as an operator would.
 *
 * @param stack a local stack that is ready
 * @param print called with each line that says what happens
 * @param hourMs how long an hour of the day takes, ms
 * @throws {Error} if nothing is tried during the outage, or something still waits a minute after it
 */
export async function playDay(
  stack: Stack,
  print: (line: string) => void,
  hourMs = DEFAULT_HOUR_MS,
): Promise<void> {
  const day = new Date(Date.now() - DAY_MS).toISOString().slice(0, 10);
  const senders = createSenders(stack.apiUrl, LOCAL_API_KEY, day, (error) =>
    print(`       an SDK reports: ${error instanceof Error ? error.message : String(error)}`),
  );
  const visits = Map.groupBy(visitsOfTheDay(), ({ hour }) => hour);
  for (const [hour, ofHour] of visits) {
    const pause = wait(hourMs);
    if (hour === OUTAGE.from) await startOutage(stack, print);
    if (hour === OUTAGE.to) await endOutage(stack, print);
    for (const visit of ofHour) senders.identify(visit);
    await senders.flush();
    print(describe(hour, ofHour));
    await pause;
  }
}

function describe(hour: number, visits: Visit[]): string {
  const people = new Set(visits.flatMap(({ email }) => email?.split(/[@ ]/)[0] ?? 'somebody'));
  return `${timeOf(hour)}  ${visits.length} page views by ${[...people].join(', ')}`;
}

async function startOutage({ natUrl }: Stack, print: (line: string) => void): Promise<void> {
  await fetch(`${natUrl}/faults`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ rate: 1, status: 503 }),
  });
  print(`${timeOf(OUTAGE.from)}  Nat is down: it answers every call with 503`);
}

async function endOutage(stack: Stack, print: (line: string) => void): Promise<void> {
  const retrying = await untilSomethingWaits(stack);
  await fetch(`${stack.natUrl}/faults`, { method: 'DELETE' });
  print(`${timeOf(OUTAGE.to)}  Nat is back, and ${retrying} interactions wait for it`);
  print('       npm run operate -- interactions.redrive --waiting');
  await stack.invoke('operate', { command: 'interactions.redrive', waiting: true });
  const end = Date.now() + RECOVERY_LIMIT_MS;
  while ((await readStats(stack)).retrying > 0) {
    if (Date.now() > end) throw new Error('interactions still wait for Nat');
    await wait(RECOVERY_CHECK_MS);
    // In a deployment it runs every minute by itself.
    await stack.invoke('redeliver', {});
  }
  print('       all of them are delivered');
}

/** The stream may be late, and without a try during the outage nothing waits for Nat. */
async function untilSomethingWaits(stack: Stack): Promise<number> {
  const end = Date.now() + RECOVERY_LIMIT_MS;
  for (;;) {
    const { retrying } = await readStats(stack);
    if (retrying > 0) return retrying;
    if (Date.now() > end) throw new Error('nothing was tried during the outage');
    await wait(RECOVERY_CHECK_MS);
  }
}

async function readStats(stack: Stack) {
  return v.parse(statsSchema, await stack.invoke('operate', { command: 'stats' }));
}

function timeOf(hour: number): string {
  return `${String(hour).padStart(2, '0')}:00`;
}
