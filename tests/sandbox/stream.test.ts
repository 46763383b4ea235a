import { expect, it } from 'vitest';
import type { Sandbox } from '../../offline/sandbox/server.ts';
import { apiRequest } from './api-request.ts';
import { basic, freshSandbox, identify, recommended, setFault } from './sandbox-client.ts';

interface StreamEvent {
  event: string;
  data: unknown;
}

type EventStream = AsyncGenerator<StreamEvent, void>;

async function openStream(sandbox: Sandbox): Promise<EventStream> {
  const response = await fetch(`${sandbox.url}/stream`);
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

it('begins with the faults and the address of the API', async () => {
  const sandbox = await freshSandbox({ apiUrl: 'http://localhost:3999/' });

  expect(await nextOf(await openStream(sandbox))).toEqual({
    event: 'hello',
    data: { faults: [], apiUrl: 'http://localhost:3999' },
  });
});

it('says that the contacts changed for a new interaction, but not for a duplicate', async () => {
  const sandbox = await freshSandbox();
  const stream = await openStream(sandbox);
  await nextOf(stream);

  await identify(sandbox, recommended());
  expect(await nextOf(stream)).toEqual({ event: 'changed', data: ['contacts'] });
  await identify(sandbox, recommended());
  sandbox.requests.add(apiRequest());

  expect(await nextOf(stream)).toEqual({ event: 'changed', data: ['requests'] });
});

it('turns a burst of changes into one message', async () => {
  const sandbox = await freshSandbox();
  const stream = await openStream(sandbox);
  await nextOf(stream);

  for (let n = 0; n < 1000; n += 1) sandbox.requests.add(apiRequest());
  expect(await nextOf(stream)).toEqual({ event: 'changed', data: ['requests'] });
  await setFault(sandbox, {});

  expect((await nextOf(stream)).event).toBe('faults');
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

it('numbers the accounts of the contacts and never sends an API key', async () => {
  const sandbox = await freshSandbox();
  for (const key of ['secret-a', 'secret-b']) {
    await identify(sandbox, recommended(), { authorization: basic(key) });
  }

  const page = await (await fetch(`${sandbox.url}/contacts`)).json();

  expect(page).toMatchObject({ accounts: 2, items: [{ account: 2 }, { account: 1 }] });
  expect(JSON.stringify(page)).not.toContain('secret');
});
