import { randomBytes, randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { expect, inject, it } from 'vitest';
import { invokeFunction, ledgerItems, operate, recommended, send, someone } from './client.ts';

const callsSchema = v.array(
  v.looseObject({ status: v.union([v.number(), v.string()]), traceparent: v.nullable(v.string()) }),
);

/** The calls to Nat in a trace. */
async function callsIn(traceId: string) {
  const calls = v.parse(callsSchema, await (await fetch(`${inject('natUrl')}/calls`)).json());
  return calls.filter(({ traceparent }) => traceparent?.includes(traceId));
}

const hex = (bytes: number) => randomBytes(bytes).toString('hex');

it('a trace goes on at Nat, each try as a new span, and is not stored after the delivery', async () => {
  const workspace = `trace-${randomUUID()}`;
  const apiKey = `key-${someone()}`;
  await operate({ command: 'workspace.add', workspace, name: 'Trace', apiKey });
  const fault = `${inject('natUrl')}/faults/${workspace}`;
  await fetch(fault, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ status: 503, apiKey }),
  });
  const [traceId, parentId] = [hex(16), hex(8)];
  const headers = {
    authorization: `Bearer ${apiKey}`,
    traceparent: `00-${traceId}-${parentId}-01`,
  };
  const entry = async () =>
    (await ledgerItems()).find(({ contact }) => contact.startsWith(`${workspace}#`));

  expect((await send(recommended(someone()), { headers })).status).toBe(200);
  await expect.poll(async () => (await entry())?.status).toBe('retrying');
  await fetch(fault, { method: 'DELETE' });
  await operate({ command: 'interactions.redrive', workspace, waiting: true });
  await expect
    .poll(async () => {
      await invokeFunction('redeliver', {});
      return (await entry())?.status;
    })
    .toBe('delivered');

  const calls = await callsIn(traceId);
  expect(calls.map(({ status }) => status)).toEqual([503, 200]);
  const spans = calls.map(({ traceparent }) => traceparent?.split('-'));
  expect(spans).toEqual(
    Array(2).fill(['00', traceId, expect.stringMatching(/^[\da-f]{16}$/), '01']),
  );
  expect(new Set([parentId, ...spans.map((span) => span?.[2])]).size).toBe(3);
  expect(JSON.stringify(await entry())).not.toContain(traceId);
});

it('a trace goes through a batch, and an invalid header is ignored', async () => {
  const [traceId, invalidId] = [hex(16), hex(16)];
  const batch = { batch: [recommended(someone()), recommended(someone())] };
  const accepted = {
    status: 200,
    body: { results: [{ status: 'accepted' }, { status: 'accepted' }] },
  };

  const traceparent = `00-${traceId}-${hex(8)}-00`;
  expect(await send(batch, { headers: { traceparent } })).toMatchObject(accepted);
  await expect.poll(() => callsIn(traceId)).toHaveLength(2);

  const another = { batch: [recommended(someone()), recommended(someone())] };
  const invalid = { traceparent: `00-${invalidId}-${'0'.repeat(16)}-00` };
  expect(await send(another, { headers: invalid })).toMatchObject(accepted);
  await expect
    .poll(async () => (await ledgerItems()).every(({ status }) => status !== 'pending'))
    .toBe(true);
  expect(await callsIn(invalidId)).toEqual([]);
});
