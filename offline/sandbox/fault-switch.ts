import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { firstProblem, parseJson } from './identify-call.ts';
import { createSubscribers } from './subscribers.ts';

const HEADER_TEXT = /^[\x20-\x7e]+$/;

const faultsBody = z.strictObject({
  rate: z.number().min(0).max(1).default(1),
  status: z.int().min(200).max(599).optional(),
  // Any number and any text: senders must cope with absurd values, so those can be asked for too.
  retryAfter: z.union([z.number(), z.string().regex(HEADER_TEXT)]).optional(),
  delayMs: z.number().min(0).max(600_000).default(0),
  dropAfterAccept: z.boolean().default(false),
});

/** How `POST /identify` misbehaves; without a status it answers as usual, after the delay. */
export type Faults = z.infer<typeof faultsBody>;

/** What a call that was hit does, once its delay has passed. */
export type FaultEffect = 'answer as usual' | 'take and drop' | Response;

/** The faults that are set, if any, and the dice. */
export type FaultSwitch = ReturnType<typeof createFaultSwitch>;

/**
 * Makes the switch behind `/faults`; at first nothing misbehaves.
 *
 * @returns `current` (null while healthy), `set`, `onChange`, and `strike`, which waits the delay
 *   and says how one call misbehaves, undefined when the dice spare it
 */
export const createFaultSwitch = () => {
  let current: Faults | null = null;
  const changes = createSubscribers<Faults | null>();
  return {
    onChange: changes.subscribe,
    current: () => current,
    set(faults: Faults | null): void {
      current = faults;
      changes.notify(faults);
    },
    async nextFault(): Promise<FaultEffect | undefined> {
      if (current === null || Math.random() >= current.rate) return undefined;
      const faults = current;
      // Unreferenced, so that a sandbox that was closed does not keep its process for the delay.
      if (faults.delayMs > 0) await wait(faults.delayMs, undefined, { ref: false });
      return misbehave(faults);
    },
  };
};

/**
 * Reads the body of `PUT /faults`. A status left out means 503, unless only a delay is asked for:
 * then calls are late but otherwise fine.
 *
 * @param body the raw request body
 * @returns the faults with their defaults, or a message naming the field that is wrong
 */
export const readFaults = (
  body: string,
): { ok: true; faults: Faults } | { ok: false; message: string } => {
  const json = parseJson(body);
  if (json === undefined) return { ok: false, message: 'the body is not JSON' };
  const read = faultsBody.safeParse(json);
  if (!read.success) return { ok: false, message: firstProblem(read.error) };
  const faults = read.data;
  const answersAsUsual = faults.delayMs > 0 || faults.dropAfterAccept;
  if (faults.status !== undefined || answersAsUsual) return { ok: true, faults };
  return { ok: true, faults: { ...faults, status: 503 } };
};

const misbehave = (faults: Faults): FaultEffect => {
  if (faults.dropAfterAccept) return 'take and drop';
  if (faults.status === undefined) return 'answer as usual';
  return answerWith(faults.status, faults.retryAfter);
};

const answerWith = (status: number, retryAfter: number | string | undefined): Response => {
  const headers = new Headers({ 'content-type': 'application/json' });
  if (retryAfter !== undefined) headers.set('retry-after', String(retryAfter));
  const body = JSON.stringify({ message: `the sandbox was asked to answer ${status}` });
  const bodyless = status === 204 || status === 205 || status === 304;
  return new Response(bodyless ? null : body, { status, headers });
};
