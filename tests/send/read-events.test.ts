import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readEvents } from '../../cli/send/read-events.ts';

/** The input in chunks that end at the given places. */
async function* cutAt(input: Uint8Array, places: number[]) {
  const ends = [...places.map((place) => place % (input.length + 1)), input.length];
  let start = 0;
  for (const end of ends.sort((a, b) => a - b)) {
    yield input.subarray(start, end);
    start = end;
  }
}

/** Reads an input: each event, or the code of its rejection, by name, and how reading ended. */
async function read(input: string | Uint8Array, places: number[] = []) {
  const events: [name: string, event: unknown][] = [];
  let error = '';
  try {
    for await (const event of readEvents(cutAt(Buffer.from(input), places))) {
      events.push([event.name, 'json' in event ? JSON.parse(event.json) : event.code]);
    }
  } catch (thrown) {
    error = thrown instanceof Error ? thrown.message : 'not an error';
  }
  return { events, error };
}

it('names events by their line, and counts blank lines', async () => {
  expect(await read('\uFEFF\r\n \r\n{"a":1}\r\n\r\n{"b":[2]}\r\n \t\r\n42')).toEqual({
    events: [
      ['line 3', { a: 1 }],
      ['line 5', { b: [2] }],
      ['line 7', 42],
    ],
    error: '',
  });
});

it('rejects lines that cannot be sent, and goes on', async () => {
  const lines = [
    'hello',
    '{"a":1}',
    Buffer.from('{"a":"é"}', 'latin1'),
    JSON.stringify({ long: 'x'.repeat(33_000) }),
    `{"a":${' '.repeat(2 * 1024 * 1024)}1}`,
    `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
    '{"b":2}',
    '{"c',
  ];
  const input = Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]));
  expect(await read(input, [40_000, 1_500_000])).toEqual({
    events: [
      ['line 1', 'json_invalid'],
      ['line 2', { a: 1 }],
      ['line 3', 'utf8_invalid'],
      ['line 4', 'event_too_large'],
      ['line 5', 'event_too_large'],
      ['line 6', 'nesting_too_deep'],
      ['line 7', { b: 2 }],
      ['line 8', 'json_invalid'],
    ],
    error: '',
  });
});

it('counts the last of two fields with the same name, in each layout', async () => {
  for (const input of ['{"a":1,"a":2}', '[{"a":1,"a":2}]', '{"batch":[{"a":1,"a":2}]}']) {
    expect((await read(input)).events).toEqual([[expect.any(String), { a: 2 }]]);
  }
});

it.each([
  '{"batch":[{"a":1},2]}',
  '{"sentAt":{"batch":[0]},"batch":[{"a":1},2],"writeKey":"k"}',
  '{"sentAt":"now",\n"batch":[\n{"a":1},\n2]}',
  '{\r\n"batch" :\r\n[{"a":1},2]}',
])('names the events of a batch by their number: %j', async (input) => {
  expect(await read(input)).toEqual({
    events: [
      ['event 1', { a: 1 }],
      ['event 2', 2],
    ],
    error: '',
  });
});

it('reads the same events however the input is laid out and cut into chunks', async () => {
  const event = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 3 }), {
    noNullPrototype: true,
  });
  const isNoBatch = (one: object) => !('batch' in one);
  const newline = fc.constantFrom('\n', '\r\n', '\n\n', ' \r\n\t\n');
  const indent = fc.constantFrom(undefined, 1, '\t');
  await fc.assert(
    fc.asyncProperty(
      fc.array(event.filter(isNoBatch), { minLength: 1 }),
      fc.constantFrom('lines', 'array', 'batch'),
      newline,
      indent,
      fc.constantFrom('', '\n', '\r\n \n', '\uFEFF'),
      fc.array(fc.nat(), { maxLength: 20 }),
      async (events, layout, separator, space, before, places) => {
        const texts = events.map((one) => JSON.stringify(one));
        const text = {
          lines: texts.join(separator),
          array: JSON.stringify(events, null, space),
          batch: JSON.stringify({ sentAt: '2020', batch: events }, null, space),
        }[layout];
        const result = await read(before + text, places);
        expect(result.error).toBe('');
        expect(result.events.map(([, one]) => one)).toEqual(texts.map((one) => JSON.parse(one)));
        expect(result).toEqual(await read(before + text));
      },
    ),
  );
});

it('returns the events before the place where a document is broken, however it is cut', async () => {
  const first = [['event 1', { a: 1 }]];
  const inputs = ['[{"a":1},{"b" 2}]', '{"batch":[{"a":1},}', '[{"a":1},\n]', '[{"a":1}]{}'];
  for (const input of inputs) {
    const expected = { events: first, error: 'After event 1 the input is not valid JSON.' };
    expect(await read(input)).toEqual(expected);
    expect(
      await read(
        input,
        [...input].map((_, n) => n),
      ),
    ).toEqual(expected);
  }
  expect(await read('[{"a":1},{"b"')).toEqual({
    events: first,
    error: 'After event 1 the input ends too early.',
  });
});

it('stops instead of holding 16 MB that have no event', async () => {
  const chunk = Buffer.from(`"${'x'.repeat(65_536)}",`);
  async function* endless() {
    yield Buffer.from('{"batch":[1],"data":[');
    for (;;) yield chunk;
  }
  const events = readEvents(endless());
  await events.next();
  await expect(events.next()).rejects.toThrow('After event 1 the input has no event for 16 MB.');
});

it.each([
  ['CSV', 'email,timestamp\na@example.com,2020-05-31\n'],
  ['CSV', '"email";"timestamp"\n"a@example.com";"2020-05-31"\n'],
  ['UTF-16', Buffer.from('\uFEFF{"a":1}\n', 'utf16le')],
  ['UTF-16', Buffer.from('{"a":1}\n', 'utf16le')],
  ['gzip', Buffer.from('1f8b0800000000000003ab56', 'hex')],
])('recognises %s, however it is cut', async (format, input) => {
  for (const places of [[], [1], [1, 2, 3]]) {
    expect(await read(input, places)).toEqual({
      events: [],
      error: expect.stringContaining(`This looks like ${format}.`),
    });
  }
});

it('says what is expected when one event spans several lines', async () => {
  const { events, error } = await read('{\n"type": "identify"\n}\n{\n"type": "identify"\n}');
  expect(events).toEqual([]);
  expect(error).toMatch(/^There is no event in the input\. Expected one event per line/);
});
