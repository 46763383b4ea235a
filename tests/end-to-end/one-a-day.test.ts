import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { hashOfApiKey } from '../../lib/workspaces/api-key.ts';
import { ledgerItems, operate, recommended, send, someone, timelineOf } from './client.ts';

it('adds an identify event to the timeline of the contact record for that email address', async () => {
  const email = someone();
  expect(await send(recommended(email))).toMatchObject({
    status: 200,
    body: { status: 'accepted' },
  });
  await expect
    .poll(() => timelineOf(email))
    .toEqual([
      {
        timestamp: '2020-05-31T17:55:47.263Z',
        description: 'https://example.com',
        idempotencyKey: expect.stringMatching(/^[\w-]{43}$/),
      },
    ]);
});

it('generates only one event per day per contact', async () => {
  const email = someone();
  const later = { timestamp: '2020-05-31T23:59:59Z', page: { url: 'https://example.com/later' } };
  await send(recommended(email));
  const again = await send(recommended(email, later));
  expect(again).toMatchObject({ status: 200, body: { status: 'duplicate' } });
  const nextDay = await send(recommended(email, { timestamp: '2020-06-01T00:00:00Z' }));
  expect(nextDay.status).toBe(200);
  await expect.poll(() => timelineOf(email)).toHaveLength(2);
  expect((await timelineOf(email)).map(({ description }) => description)).toEqual([
    'https://example.com',
    'https://example.com',
  ]);
});

it('accepts and delivers one of 200 events of a contact and day that are sent at once', async () => {
  const email = someone();
  const events = Array.from({ length: 200 }, (_, n) =>
    recommended(email, { page: { url: `https://example.com/${n}` } }),
  );
  const answers = await Promise.all(events.map((event) => send(event)));
  expect(answers.filter(isAccepted)).toHaveLength(1);
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  const accepted = answers.findIndex(isAccepted);
  await expect.poll(() => timelineOf(email)).toHaveLength(1);
  const [only] = await timelineOf(email);
  expect(only?.description).toBe(`https://example.com/${accepted}`);
});

it('keeps no address of a delivered interaction', async () => {
  const email = someone();
  const before = new Set((await ledgerItems()).map(({ contact }) => contact));
  await send(recommended(email));
  await expect
    .poll(async () => (await ledgerItems()).filter(({ contact }) => !before.has(contact)))
    .toEqual([
      {
        contact: expect.stringMatching(/^local#[\w-]{43}$/),
        day: '2020-05-31',
        status: 'delivered',
        attempts: 1,
        acceptedAt: expect.any(String),
        settledAt: expect.any(String),
      },
    ]);
});

it("counts the day in the workspace's time zone", async () => {
  const apiKey = `key-${someone()}`;
  const timeZone = 'Pacific/Kiritimati';
  await operate({ command: 'workspace.add', name: 'Far east', apiKey, timeZone });
  const headers = { authorization: `Bearer ${apiKey}` };
  const email = someone();
  const at = (timestamp: string) => send(recommended(email, { timestamp }), { headers });
  expect((await at('2020-05-31T09:59:59Z')).status).toBe(200);
  expect((await at('2020-05-31T10:00:00Z')).status).toBe(200);
  expect((await at('2020-06-01T09:59:59Z')).status).toBe(200);
});

it("takes the examples of Nat's page as the page describes", async () => {
  const example = async (file: string) =>
    readFile(new URL(`../events/${file}`, import.meta.url), 'utf8');
  const apiKey = `key-${someone()}`;
  await operate({ command: 'workspace.add', name: 'Examples', apiKey });
  const headers = { authorization: `Bearer ${apiKey}` };
  const descriptions = async (email: string) =>
    (await timelineOf(email, { apiKey })).map(({ description }) => description);

  expect((await send(await example('recommended.json'), { headers })).status).toBe(200);
  expect((await send(await example('event-name.json'), { headers })).status).toBe(200);
  expect(await send(await example('top-level-email.json'), { headers })).toMatchObject({
    status: 200,
    body: { status: 'duplicate' },
  });
  expect(await send(await example('event-name-as-printed.txt'), { headers })).toMatchObject({
    status: 400,
    body: { code: 'json_invalid', message: expect.any(String) },
  });
  expect((await send(await example('segment-webhook.json'), { headers })).status).toBe(200);
  for (const [email, description] of [
    ['peter@example.com', 'https://example.com'],
    ['test@example.com', 'User logged in'],
    ['john.doe@email.com', 'Used the product'],
  ] as const) {
    await expect.poll(() => descriptions(email)).toEqual([description]);
  }
});

it('lists workspaces without the hashes of their API keys', async () => {
  const key = hashOfApiKey('local-api-key');
  expect(JSON.stringify(await operate({ command: 'workspace.list' }))).not.toContain(key);
});

function isAccepted({ body }: { body: unknown }): boolean {
  return JSON.stringify(body) === '{"status":"accepted"}';
}
