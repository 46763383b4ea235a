import { createHmac } from 'node:crypto';
import * as v from 'valibot';
import { interactionId } from '../../lib/ledger/entry.ts';
import { MINUTE_MS } from '../../lib/runtime/durations.ts';
import type { Workspace } from '../../lib/workspaces/workspace.ts';
import { requestWith } from '../in-process/lambda.ts';
import { contactKeyOf } from '../in-process/secrets.ts';
import { type Customer, dayIn } from './customers.ts';
import type { SentEvent } from './events.ts';
import { begin } from './invocations.ts';
import type { Invocation } from './scheduler.ts';
import type { World } from './world.ts';

/** A container answers `duplicate` for so long to what it has seen, although it is dead or deleted. */
const MEMORY_MS = 10 * MINUTE_MS;

/** What a sender posts. */
export interface Request {
  customer: Customer;
  apiKey: string;
  signature: 'right' | 'wrong' | 'none';
  events: SentEvent[];
  /** When it was sent first, ms of the virtual clock. */
  sentAt: number;
}

const answerSchema = v.object({
  status: v.optional(v.string()),
  results: v.optional(v.array(v.object({ status: v.string() }))),
});

/** A sender posts one event, or a batch. */
export async function sendEvents(world: World, request: Request): Promise<void> {
  world.sent.push(...request.events);
  for (const event of request.events) world.deletions.onSent(request.customer.id, event);
  await begin(world, 'identify', async ({ identify }, invocation) => {
    const ordered = request.events.map(({ userId, description }) => {
      if (userId === undefined || description !== undefined) return undefined;
      return world.deletions.onOrdered(request.customer.id, userId, invocation);
    });
    const { statusCode, body = '' } = await identify(
      requestOf(request),
      world.contextOf(invocation),
    );
    if (invocation.state !== 'running') return;
    if (statusCode === 503) {
      world.depth.count('answered 503');
      world.unanswered.push(request);
      return;
    }
    checkAdmission(world, invocation, request, Number(statusCode));
    const isAdmitted = statusCode !== 401 && statusCode !== 403;
    const statuses = checkAnswer(world, invocation, request, isAdmitted ? body : '{}');
    for (const [at, status] of statuses.entries()) {
      const one = ordered[at];
      if (status === 'deleting' && one !== undefined) world.deletions.onAnswered(one);
    }
  });
}

/** Whether the request may come in depends on the settings that were in force. */
function checkAdmission(
  { violate, settings, depth }: World,
  { startedAt }: Invocation,
  { apiKey, signature }: Request,
  statusCode: number,
): void {
  depth.count(`answered ${statusCode}`);
  const allowed = settings.ofKey(apiKey, startedAt).flatMap((record) => {
    return admissionsOf(record, startedAt, signature === 'right');
  });
  const actual = statusCode === 401 || statusCode === 403 ? statusCode : 200;
  if (!allowed.includes(actual)) violate(`answered ${statusCode} instead of ${allowed.join(', ')}`);
}

/** The statuses that a request may get; 200 stands for everything but a refusal of the sender. */
function admissionsOf(
  record: Workspace | undefined,
  startedAt: number,
  isSigned: boolean,
): number[] {
  if (record === undefined) return [401];
  const end = Date.parse(record.validUntil ?? '9999-01-01');
  if (end <= startedAt) return [401];
  const admission = record.sharedSecret === undefined || isSigned ? 200 : 401;
  const status = record.status === 'disabled' ? 403 : admission;
  return end <= Date.now() ? [status, 401] : [status];
}

/** Checks that the response says what took effect. @returns the status of each event */
function checkAnswer(
  { violate, watcher, settings }: World,
  invocation: Invocation,
  { customer: { id }, events }: Request,
  body: string,
): string[] {
  // If the client repeated a write, the response is `duplicate` although this call wrote it.
  const written = watcher.writes.filter((write) => write.invocation === invocation);
  const names = new Set(written.flatMap(({ name, repeated }) => (repeated ? [] : name)));
  const { status, results = [] } = v.parse(answerSchema, JSON.parse(body));
  const statuses = status ? [status] : results.map((one) => one.status);
  const accepted = statuses.filter((one) => one === 'accepted');
  if (accepted.length !== names.size) {
    violate(`${accepted.length} answered accepted, but ${names.size} written`);
  }
  const zones = [...settings.zonesOf(id, invocation.startedAt)];
  for (const [at, one] of statuses.entries()) {
    const { email = '', timestamp = '', isGood = false, userId, description } = events[at] ?? {};
    if (userId !== undefined && description === undefined) {
      const setting = one === 'deleting' ? 'on' : 'off';
      if (!settings.deletionsOf(id, invocation.startedAt).has(setting)) {
        violate(`answered ${one} to a deletion`);
      }
      continue;
    }
    const contact = `${id}#${contactKeyOf(id, email)}`;
    const days = zones.map((zone) => dayIn(zone, Date.parse(timestamp)));
    const possible = days.map((day) => interactionId({ contact, day }));
    if ((one === 'accepted' || one === 'duplicate') !== isGood) {
      violate(`answered ${one} to what should not be`);
    } else if (one === 'accepted' && !possible.some((name) => names.has(name))) {
      violate('accepted, but not written');
    } else if (one === 'duplicate' && !possible.some(isTaken)) {
      violate('a duplicate of what is not there, or has been dead or deleted for long');
    }
  }
  return statuses;

  function isTaken(name: string): boolean {
    const { entry, deadSince = 0 } = watcher.known.get(name) ?? {};
    const rememberedSince = invocation.startedAt - MEMORY_MS;
    const isAlive = entry !== undefined && (entry.status !== 'dead' || deadSince > rememberedSince);
    return isAlive || (watcher.deletedAt.get(name) ?? 0) > rememberedSince;
  }
}

function requestOf({ apiKey, events, signature, customer }: Request) {
  const bodies = events.map(({ body }) => body);
  const body = JSON.stringify(bodies.length === 1 ? bodies[0] : { batch: bodies });
  const secret = signature === 'right' ? customer.sharedSecret : 'another secret';
  const signed = createHmac('sha1', secret).update(body).digest('hex');
  const headers = {
    authorization: `Bearer ${apiKey}`,
    'content-type': 'application/json',
    ...(signature !== 'none' && { 'x-signature': signed }),
  };
  return requestWith({ routeKey: 'POST /v1/batch', headers, body });
}
