import { setTimeout as delay } from 'node:timers/promises';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import { readApiKey } from './api-key.ts';
import type { CallLog } from './call-log.ts';
import { createFaultResponse, withFaultyBody } from './fault-response.ts';
import type { FaultSwitch } from './fault-switch.ts';
import { readIdentifyCall } from './identify-call.ts';
import type { AddResult, Timelines } from './timelines.ts';

/** A request, with Node's own request and response. */
export type NodeContext = Context<{ Bindings: HttpBindings }>;

/** The intake's dependencies. */
export interface IntakeDependencies {
  timelines: Timelines;
  faults: FaultSwitch;
  calls: CallLog;
  findTimeZone: FindTimeZone;
}

/** Finds the IANA time zone in which the account of an API key counts its days. */
export type FindTimeZone = (apiKey: string) => Promise<string>;

/** Answers `POST /identify`: Nat's intake, or the fault that hits the call. */
export async function answerIdentify(
  c: NodeContext,
  { timelines, faults, calls, findTimeZone }: IntakeDependencies,
): Promise<Response> {
  const at = new Date().toISOString();
  const body = await c.req.text();
  const fault = faults.pick(readApiKey(c.req.header('authorization')));
  // Unreferenced, so that a closed sandbox does not keep its process alive for the delay.
  if (fault !== undefined) await delay(fault.delayMs, undefined, { ref: false });
  const { response, result } =
    fault?.status === undefined || fault.dropAfterAccept
      ? await processCall(c, body, timelines, findTimeZone)
      : { response: createFaultResponse(fault.status, fault.retryAfter) };
  const { socket } = c.env.incoming;
  if (fault?.dropAfterAccept) socket.destroy();
  const isDropped = socket.destroyed || fault?.neverEnds === true;
  calls.add(
    {
      at,
      status: isDropped ? 'dropped' : response.status,
      idempotencyKey: idempotencyKeyOf(c) ?? null,
      userAgent: c.req.header('user-agent') ?? null,
      traceparent: c.req.header('traceparent') ?? null,
    },
    result,
  );
  if (socket.destroyed) return RESPONSE_ALREADY_SENT;
  return fault === undefined ? response : withFaultyBody(response, fault);
}

/** The response to a call, and what Nat did with it. */
interface ProcessedCall {
  response: Response;
  /** Undefined if the call was rejected, or not processed because of a fault. */
  result?: AddResult;
}

async function processCall(
  c: NodeContext,
  body: string,
  timelines: Timelines,
  findTimeZone: FindTimeZone,
): Promise<ProcessedCall> {
  const apiKey = readApiKey(c.req.header('authorization'));
  if (apiKey === undefined) return { response: unauthorized(c) };
  const reading = readIdentifyCall(body);
  if (!reading.ok) return { response: c.json({ message: reading.message }, 400) };
  const timeZone = await findTimeZone(apiKey);
  const idempotencyKey = idempotencyKeyOf(c);
  const result = timelines.add(reading.value, { apiKey, timeZone, idempotencyKey });
  return { response: c.json(result, 200), result };
}

/** Answers a call without an API key. */
export function unauthorized(c: Context): Response {
  const message = 'an API key is required, as Bearer token or as user name of HTTP Basic';
  return c.json({ message }, 401, { 'www-authenticate': 'Basic realm="Nat"' });
}

/** An empty header counts as none: otherwise all calls with an empty one would be the same call. */
function idempotencyKeyOf(c: Context): string | undefined {
  return c.req.header('idempotency-key')?.trim() || undefined;
}
