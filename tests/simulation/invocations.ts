import * as z from 'zod/mini';
import { interactionId } from '../../lib/ledger/entry.ts';
import { OperatorError } from '../../lib/operator/operator-error.ts';
import { requestWith } from '../in-process/lambda.ts';
import { contactKeyOf } from '../in-process/secrets.ts';
import type { Customer, SentEvent } from './events.ts';
import type { Invocation } from './scheduler.ts';
import type { World } from './world.ts';

const TIMEOUT_MS = { identify: 28_000, deliver: 60_000, redeliver: 55_000, operate: 900_000 };

const answerSchema = z.object({
  status: z.optional(z.string()),
  results: z.optional(z.array(z.object({ status: z.string() }))),
});

/** A sender posts one event, or a batch. */
export function sendEvents(
  world: World,
  customer: Customer,
  apiKey: string,
  events: SentEvent[],
): Promise<void> {
  const bodies = events.map(({ body }) => body);
  const body = JSON.stringify(bodies.length === 1 ? bodies[0] : { batch: bodies });
  world.sent.push(...events);
  return begin(world, 'identify', async ({ identify }, invocation) => {
    const answer = await identify(requestOf(apiKey, body), world.contextOf(invocation));
    if (invocation.state !== 'running') return;
    const { statusCode, body: answered = '' } = answer;
    if (statusCode === 503) world.unanswered.push({ customer, apiKey, events });
    checkAnswer(world, invocation, customer, events, Number(statusCode), answered);
  });
}

/** Lambda calls `deliver` with the next batch of the stream. */
export async function pollStream(world: World): Promise<void> {
  const batch = world.stream.take();
  if (batch === undefined) return;
  await begin(world, 'deliver', async ({ deliver }, invocation) => {
    world.batches.set(invocation, batch);
    const answer = await deliver({ Records: batch.records }, world.contextOf(invocation));
    if (invocation.state === 'running') batch.end(answer);
  });
}

/** The schedule starts `redeliver`. */
export function redeliver(world: World): Promise<void> {
  return begin(world, 'redeliver', async (container, invocation) => {
    // A run fails if the ledger fails. The next run continues.
    await container.redeliver({}, world.contextOf(invocation)).catch(() => {});
  });
}

/** An operator gives a command. */
export function operate(world: World, request: object): Promise<void> {
  return begin(world, 'operate', async (container, invocation) => {
    await container.operate(invocation, request).catch((error: Error) => {
      // A command may fail if the ledger fails. A rejected command is an error of the simulation.
      if (error instanceof OperatorError) world.violations.push(`operator: ${error.message}`);
    });
  });
}

type Container = ReturnType<World['takeContainer']>;

async function begin(
  world: World,
  name: keyof typeof TIMEOUT_MS,
  run: (container: Container, invocation: Invocation) => Promise<void>,
): Promise<void> {
  const container = world.takeContainer();
  await world.scheduler.begin(name, TIMEOUT_MS[name], async (invocation) => {
    await run(container, invocation);
    if (invocation.state === 'running') world.giveBack(container);
  });
}

/** Checks that the response says what took effect. */
function checkAnswer(
  { violations, watcher }: World,
  invocation: Invocation,
  customer: Customer,
  events: SentEvent[],
  statusCode: number,
  body: string,
): void {
  // If the client repeated a write, the response is `duplicate` although this call wrote it.
  const written = watcher.writes.filter((write) => write.invocation === invocation);
  const names = new Set(written.flatMap(({ name, repeated }) => (repeated ? [] : name)));
  if (statusCode === 503) return;
  const { status, results = [] } = answerSchema.parse(JSON.parse(body));
  const statuses = statusCode === 401 ? [] : status ? [status] : results.map((one) => one.status);
  const accepted = statuses.filter((one) => one === 'accepted');
  if (accepted.length !== names.size) {
    violations.push(`${accepted.length} answered accepted, but ${names.size} written`);
  }
  statuses.forEach((one, at) => {
    const { email = '', day } = events[at] ?? {};
    const contact = `${customer.id}#${contactKeyOf(customer.id, email)}`;
    const name = interactionId({ contact, day: day ?? '' });
    if (one === 'accepted' && !names.has(name)) violations.push('accepted, but not written');
    if (one === 'duplicate' && !watcher.known.has(name)) violations.push('a duplicate of nothing');
    if ((one === 'accepted' || one === 'duplicate') !== (day !== undefined)) {
      violations.push(`answered ${one} to what should not be`);
    }
  });
}

function requestOf(apiKey: string, body: string) {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  return requestWith({ routeKey: 'POST /v1/batch', headers, body });
}
