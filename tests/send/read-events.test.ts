import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../cli/send/entry.ts';
import { readEvents } from '../../cli/send/read-events.ts';

type Seen = { line: number; event: unknown } | { line: number; problem: string };

/** The input in chunks that end at the given places. */
async function* chunksOf(bytes: Uint8Array, cuts: number[] = []) {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length];
  let start = 0;
  for (const end of ends.sort((a, b) => a - b)) {
    yield bytes.subarray(start, end);
    start = end;
  }
}

/** What is read, without how far, and the error that ends it. */
async function read(input: string | Uint8Array, cuts: number[] = []) {
  const seen: Seen[] = [];
  let error = '';
  try {
    for await (const { readTo, ...entry } of readEvents(chunksOf(Buffer.from(input), cuts))) {
      seen.push(entry);
    }
  } catch (thrown) {
    error = String(thrown);
  }
  return { seen, error };
}

async function readAll(input: string | Uint8Array): Promise<Seen[]> {
  const { seen, error } = await read(input);
  expect(error).toBe('');
  return seen;
}

const MALFORMED = '{"a" 1}';
const NOT_JSON = 'the line: expected an event as JSON';

describe('one event a line', () => {
  it('gives each event with its line', async () => {
    expect(await readAll('{"a":1}\n{"b":{"c":[2]}}\n')).toEqual([
      { line: 1, event: { a: 1 } },
      { line: 2, event: { b: { c: [2] } } },
    ]);
  });

  it('needs no newline at the end', async () => {
    expect(await readAll('{"a":1}\n{"b":2}')).toHaveLength(2);
    expect(await readAll('{"a":1}')).toEqual([{ line: 1, event: { a: 1 } }]);
  });

  it('skips blank lines, and takes CRLF and a byte-order mark', async () => {
    expect(await readAll('\uFEFF\r\n \r\n{"a":1}\r\n\r\n{"b":2}\r\n \t\r\n')).toEqual([
      { line: 3, event: { a: 1 } },
      { line: 5, event: { b: 2 } },
    ]);
    expect(await readAll('\uFEFF{"a":1}\n{"b":2}')).toHaveLength(2);
  });

  it('goes on after a line that is not JSON, even if it is the first', async () => {
    expect(await readAll('"a":1}\n{"b":2}\nhello\n{"c":3}\n{"d')).toEqual([
      { line: 1, problem: NOT_JSON },
      { line: 2, event: { b: 2 } },
      { line: 3, problem: NOT_JSON },
      { line: 4, event: { c: 3 } },
      { line: 5, problem: NOT_JSON },
    ]);
  });

  it('rejects a line that is not UTF-8, instead of changing its characters', async () => {
    const bytes = Buffer.from('{"a":"é"}\n{"b":2}\n', 'latin1');
    expect(await readAll(bytes)).toEqual([
      { line: 1, problem: 'the line: expected UTF-8 text' },
      { line: 2, event: { b: 2 } },
    ]);
  });

  it('rejects a line of over 1 MB without keeping it', async () => {
    const long = JSON.stringify({ long: 'x'.repeat(1024 * 1024) });
    expect(await readAll(`{"a":1}\n${long}\n{"b":2}`)).toEqual([
      { line: 1, event: { a: 1 } },
      { line: 2, problem: 'the line: expected at most 1 MB' },
      { line: 3, event: { b: 2 } },
    ]);
  });

  it('gives what is JSON but no object as it is: the service says what is wrong', async () => {
    expect(await readAll('{"a":1}\n42\n[1]\n')).toEqual([
      { line: 1, event: { a: 1 } },
      { line: 2, event: 42 },
      { line: 3, event: [1] },
    ]);
  });
});

describe('a JSON document', () => {
  const list = [
    { line: 2, event: { a: { b: [1, { c: 2 }] } } },
    { line: 10, event: { d: 'e' } },
  ];
  const pretty = JSON.stringify([{ a: { b: [1, { c: 2 }] } }, { d: 'e' }], null, 1);

  it('is an array, with the line on which each event begins', async () => {
    const [first, second] = list;
    expect(await readAll(pretty)).toEqual([first, { ...second, line: 12 }]);
    expect(await readAll('[{"a":1},{"b":2},\n{"c":3}]')).toEqual([
      { line: 1, event: { a: 1 } },
      { line: 1, event: { b: 2 } },
      { line: 2, event: { c: 3 } },
    ]);
  });

  it('is an object with a batch, wherever in it the batch is and however it is cased', async () => {
    expect(await readAll('{"batch":[{"a":1},{"b":2}],"sentAt":"now"}\n')).toEqual([
      { line: 1, event: { a: 1 } },
      { line: 1, event: { b: 2 } },
    ]);
    expect(await readAll('{"sentAt":{"batch":[0]},\n"Batch":\n[\n{"a":1}\n]}')).toEqual([
      { line: 4, event: { a: 1 } },
    ]);
    expect(await readAll('{"batch":[]}')).toEqual([]);
  });

  it('is one event over several lines, or several such events', async () => {
    const event = { type: 'identify', traits: { email: 'a@example.com' }, list: [[1], []] };
    const text = JSON.stringify(event, null, 2);
    expect(await readAll(text)).toEqual([{ line: 1, event }]);
    expect(await readAll(`\n${text}\n{\n}\n${text}`)).toEqual([
      { line: 2, event },
      { line: 14, event: {} },
      { line: 16, event },
    ]);
  });

  it('is one enormous line', async () => {
    const events = Array.from({ length: 20_000 }, (_, n) => ({ n }));
    const seen = await readAll(JSON.stringify({ batch: events }));
    expect(seen).toEqual(events.map((event) => ({ line: 1, event })));
  });

  it('ends with an error that names the line where it stops being JSON, after what came before', async () => {
    const before = { line: 2, event: { a: 1 } };
    expect(await read('[\n{"a":1},\n{"b":secret}]')).toEqual({
      seen: [before],
      error: 'BrokenInput: line 3: is not JSON',
    });
    expect(await read('[\n{"a":1},\n]')).toMatchObject({
      error: 'BrokenInput: line 3: is not JSON',
    });
    expect(await read('{"batch":[{"a":1},{]}')).toEqual({
      seen: [{ line: 1, event: { a: 1 } }],
      error: 'BrokenInput: line 1: is not JSON',
    });
    expect(await read('[\n{"a":1}\n,{"b":\n')).toEqual({
      seen: [before],
      error: 'BrokenInput: line 3: the JSON is cut off here',
    });
  });

  it('ends with an error rather than hold 16 MB that have no event', async () => {
    const text = `{"a":1,\n"data":[${`"${'x'.repeat(65_536)}",`.repeat(270)}1]}`;
    const { seen, error } = await read(text, [17_000_000]);
    expect(seen).toEqual([]);
    expect(error).toBe(
      'BrokenInput: line 2: no event ends within 16 MB: expected a list of events',
    );
  });
});

it('finds nothing in nothing', async () => {
  expect(await readAll('')).toEqual([]);
  expect(await readAll('\n \n')).toEqual([]);
  expect(await readAll('[]')).toEqual([]);
});

it('says how far it has read, up to the size of the input', async () => {
  const text = '{"a":1}\n\n{"b":"ü"}\n';
  const entries: Entry[] = [];
  for await (const entry of readEvents(chunksOf(Buffer.from(text)))) entries.push(entry);
  expect(entries.map(({ readTo }) => readTo)).toEqual([8, Buffer.byteLength(text)]);
});

describe('however the input is cut into chunks', () => {
  const event = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 3 }));
  const batchless = event.filter((one) => !Object.keys(one).some((key) => /^batch$/i.test(key)));
  const cuts = fc.array(fc.nat(), { maxLength: 20 });
  const indent = fc.constantFrom(undefined, 1, '\t');
  const blanks = fc.constantFrom('', '\n', '\r\n \n', '\uFEFF');

  it('reads the same events from the same lines, one event a line', async () => {
    const lines = fc.array(
      fc.oneof(
        batchless.map((one) => JSON.stringify(one)),
        fc.constant(MALFORMED),
      ),
      {
        minLength: 1,
      },
    );
    await fc.assert(
      fc.asyncProperty(lines, fc.constantFrom('\n', '\r\n'), cuts, async (all, newline, at) => {
        expect(await read(all.join(newline), at)).toEqual({
          error: '',
          seen: all.map((text, n) =>
            text === MALFORMED
              ? { line: n + 1, problem: NOT_JSON }
              : { line: n + 1, event: JSON.parse(text) },
          ),
        });
      }),
    );
  });

  it('reads the same events from the same lines of a document', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(event),
        fc.boolean(),
        indent,
        blanks,
        cuts,
        async (events, isBatch, space, before, at) => {
          const text = JSON.stringify(isBatch ? { batch: events } : events, null, space);
          const { seen, error } = await read(before + text, at);
          expect(error).toBe('');
          expect(seen.map((one) => 'event' in one && one.event)).toEqual(
            JSON.parse(JSON.stringify(events)),
          );
          const whole = await read(before + text);
          expect(seen).toEqual(whole.seen);
          const lines = (before + text).split('\n');
          for (const { line } of seen) expect(lines[line - 1]).toMatch(/[{]/);
        },
      ),
    );
  });

  it('ends at the same place with the same error', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { minLength: 1 }),
        indent,
        fc.nat(),
        cuts,
        async (events, space, end, at) => {
          const text = JSON.stringify(events, null, space);
          const broken = Buffer.from(text).subarray(0, end % Buffer.byteLength(text));
          expect(await read(broken, at)).toEqual(await read(broken));
        },
      ),
    );
  });
});
