import { expect, it } from 'vitest';
import type { Sandbox } from '../../offline/sandbox/server.ts';
import { basic, freshSandbox, identify, recommended, setFault } from './sandbox-client.ts';

interface StreamEvent {
  event: string;
  data: unknown;
}

type EventStream = AsyncGenerator<StreamEvent, void>;

async function openStream(sandbox: Sandbox, search = ''): Promise<EventStream> {
  const response = await fetch(`${sandbox.url}/stream?search=${search}`);
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  if (response.body === null) throw new Error('a stream has a body');
  return eventsOf(response.body.pipeThrough(new TextDecoderStream()));
}

async function* eventsOf(text: ReadableStream<string>): EventStream {
  let rest = '';
  for await (const chunk of text) {
    const messages = (rest + chunk).split('\n\n');
    rest = messages.pop() ?? '';
    for (const message of messages) yield parse(message);
  }
}

function parse(message: string): StreamEvent {
  const lines = message.split('\n');
  const field = (name: string) =>
    lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? '';
  return { event: field('event'), data: JSON.parse(field('data')) };
}

async function nextOf(stream: EventStream): Promise<StreamEvent> {
  const { value } = await stream.next();
  if (value === undefined) throw new Error('the stream ended');
  return value;
}

function callOf(email: string): object {
  return recommended({ traits: { email } });
}

it('begins with a snapshot of everything', async () => {
  const sandbox = await freshSandbox({ apiUrl: 'http://localhost:3999/' });
  await identify(sandbox, recommended());

  expect(await nextOf(await openStream(sandbox))).toEqual({
    event: 'snapshot',
    data: {
      accounts: 1,
      contacts: 1,
      matching: 1,
      faults: [],
      apiUrl: 'http://localhost:3999',
      latest: [
        {
          account: 1,
          email: 'peter@example.com',
          total: 1,
          interactions: [
            {
              timestamp: '2020-05-31T17:55:47.263Z',
              day: '2020-05-31',
              description: 'https://example.com',
            },
          ],
        },
      ],
    },
  });
});

it('sends an interaction when it is added, but no duplicate', async () => {
  const sandbox = await freshSandbox();
  const stream = await openStream(sandbox);
  await nextOf(stream);

  await identify(sandbox, callOf('a@example.com'));
  expect(await nextOf(stream)).toMatchObject({ event: 'contacts', data: { contacts: 1 } });
  await identify(sandbox, callOf('a@example.com'));
  await identify(sandbox, callOf('b@example.com'));

  expect(await nextOf(stream)).toMatchObject({
    event: 'contacts',
    data: { contacts: 2, latest: [{ email: 'b@example.com' }] },
  });
});

it('sends the faults when they are set and when they end', async () => {
  const sandbox = await freshSandbox();
  const stream = await openStream(sandbox);
  await nextOf(stream);

  await setFault(sandbox, { rate: 0.3, apiKey: 'secret-abcd' });
  expect(await nextOf(stream)).toEqual({
    event: 'faults',
    data: [
      {
        name: 'default',
        apiKeyEnding: 'abcd',
        rate: 0.3,
        status: 503,
        delayMs: 0,
        dropAfterAccept: false,
      },
    ],
  });
  await fetch(`${sandbox.url}/faults/default`, { method: 'DELETE' });

  expect(await nextOf(stream)).toEqual({ event: 'faults', data: [] });
});

it('sends the 200 most recently active contacts, and the number of all', async () => {
  const sandbox = await freshSandbox();
  const numbers = Array.from({ length: 210 }, (_, i) => i);
  for (const i of numbers) await identify(sandbox, callOf(`p${i}@example.com`));
  await identify(sandbox, { ...callOf('p0@example.com'), timestamp: '2020-06-01T00:00:00Z' });

  const { data } = await nextOf(await openStream(sandbox));

  const emails = [0, ...numbers.slice(11).toReversed()].map((i) => ({
    email: `p${i}@example.com`,
  }));
  expect(data).toMatchObject({ contacts: 210, matching: 210, latest: emails });
});

it('with a search, sends only the contacts whose address matches', async () => {
  const sandbox = await freshSandbox();
  await identify(sandbox, callOf('ann@example.com'));
  await identify(sandbox, callOf('bob@example.com'));
  const stream = await openStream(sandbox, 'ANN');
  expect(await nextOf(stream)).toMatchObject({
    data: { contacts: 2, matching: 1, latest: [{ email: 'ann@example.com' }] },
  });

  await identify(sandbox, callOf('carl@example.com'));
  await identify(sandbox, callOf('joanne@example.com'));

  expect(await nextOf(stream)).toMatchObject({
    data: { contacts: 4, matching: 2, latest: [{ email: 'joanne@example.com' }] },
  });
});

it('numbers the accounts and never sends an API key', async () => {
  const sandbox = await freshSandbox();
  for (const key of ['secret-a', 'secret-b']) {
    await identify(sandbox, recommended(), { authorization: basic(key) });
  }

  const { data } = await nextOf(await openStream(sandbox));

  expect(data).toMatchObject({ accounts: 2, latest: [{ account: 2 }, { account: 1 }] });
  expect(JSON.stringify(data)).not.toContain('secret');
});
