/** The service reads bodies of up to 5 MB, unpacked. */
const BODY_BYTES = 5_000_000;
const EVENT_BYTES = 32_000;
const MAX_EVENTS = 4000;
const TIMESTAMP = '2020-05-31T17:55:47.263Z';

/** A body that somebody made to be slow. */
export interface HostileBody {
  kind: string;
  body: string;
}

/** @returns a batch of 5 MB as an honest sender writes it: 4,000 contacts, with ordinary traits */
export function honestBody(): string {
  return arrayOf(BODY_BYTES / MAX_EVENTS, (n) => {
    const traits = { email: `contact-${n}@example.com`, plan: 'pro', company: { name: 'Acme' } };
    const page = { url: `https://example.com/page/${n}`, title: 'A page', referrer: '' };
    const context = { page, userAgent: 'Mozilla/5.0', locale: 'en-US', timezone: 'UTC' };
    return { type: 'identify', timestamp: TIMESTAMP, userId: `u${n}`, traits, context };
  });
}

/** @returns bodies of about 5 MB, one of each kind that is known to make parsers slow */
export function hostileBodies(): HostileBody[] {
  return Object.entries(KINDS).map(([kind, body]) => ({ kind, body: body() }));
}

const KINDS: Record<string, () => string> = {
  'opening brackets without end': () => `[{"a":${fill('[')}`,
  'opening braces without end': () => fill('{"a":'),
  'an array in an array, without an event': () => nested('[', ']', BODY_BYTES),
  'an object in an object': () => nested('{"a":', '1}', BODY_BYTES),
  'a batch in a batch': () => nested('{"batch":[', ']}', BODY_BYTES),
  'events with an array nested 15,000 deep': () =>
    batchOf(`{"type":"identify","a":${nested('[', ']', EVENT_BYTES - 100)}}`),
  'events with an object nested deeply': () =>
    batchOf(`{"type":"identify","a":${nested('{"a":', '1}', EVENT_BYTES - 100)}}`),
  'events that are 100 levels deep, many times': () =>
    batchOf(`{"type":"identify","a":[${fill(`${nested('[', ']', 180)},`, EVENT_BYTES - 400)}1]}`),
  'events with one name, thousands of times': () =>
    batchOf(`{"type":"identify",${fill('"a":1,', EVENT_BYTES - 100)}"b":1}`),
  'events with one name in thousands of casings': () =>
    batchOf(`{"type":"identify","traits":{${casings('emailaddress', 1800)}}}`),
  'events with thousands of names': () => batchOf(`{"type":"identify","traits":{${names(2400)}}}`),
  'events with thousands of numbered names in context': () =>
    batchOf(`{"type":"identify","context":{${names(3200, '')}}}`),
  'a batch with thousands of names in its context': () =>
    `{"context":{${names(2400)}},"batch":${manyOf(event({ email: 'a@b.co' }))}}`,
  'a batch with thousands of numbered names in its context': () =>
    `{"context":{${names(4000, '')}},"batch":${manyOf(event({ email: 'a@b.co' }))}}`,
  'one event with hundreds of thousands of names': () => `[{${names(400_000)}}]`,
  'hundreds of thousands of tiny events': () => `[${fill('{"a":1},')}{}]`,
  'millions of numbers': () => `[${fill('1,')}1]`,
  'millions of empty arrays': () => `[${fill('[],')}1]`,
  'one event with millions of numbers': () => `[{"a":[${fill('1,')}1]}]`,
  'numbers of a thousand digits': () => `[${fill(`${'9'.repeat(1000)},`)}1]`,
  'one text of escapes': () => `["${fill('\\u0041')}"]`,
  'one text of quotes and backslashes': () => `["${fill('\\\\\\"')}"]`,
  'white space': () => `[${fill(' ')}]`,
  'addresses of thousands of Chinese characters': () =>
    batchOf(event({ email: `a@${'例'.repeat(9000)}.jp` })),
  'addresses of 254 Chinese characters': () => manyOf(event({ email: `a@${'例'.repeat(248)}.jp` })),
  'addresses of many labels': () => manyOf(event({ email: `a@${'ü.'.repeat(120)}com` })),
  'addresses of thousands of at signs': () =>
    batchOf(event({ email: '@'.repeat(EVENT_BYTES - 200) })),
  'addresses of thousands of dots': () => batchOf(event({ email: `${'a.'.repeat(15_000)}@b.co` })),
  'timestamps of thousands of digits': () =>
    batchOf(event({ email: 'a@b.co', timestamp: '2'.repeat(EVENT_BYTES - 200) })),
  'urls of thousands of blanks': () =>
    batchOf(event({ email: 'a@b.co', page: { url: ' '.repeat(EVENT_BYTES - 200) } })),
  'urls that end in half a character': () =>
    batchOf(event({ email: 'a@b.co', page: { url: `${'x'.repeat(EVENT_BYTES - 400)}\ud800` } })),
  'fields named __proto__': () =>
    manyOf(`{"type":"identify","__proto__":{"a":${fill('[1],', 600)}1}}`),
  'events of half a byte less than the limit': () =>
    batchOf(event({ email: 'a@b.co', padding: 'ü'.repeat(EVENT_BYTES / 2 - 100) })),
};

function event(fields: object): string {
  return JSON.stringify({ type: 'identify', timestamp: TIMESTAMP, ...fields });
}

/** As many copies of a text as fit. */
function fill(text: string, bytes = BODY_BYTES - 100): string {
  return text.repeat(Math.floor(bytes / Buffer.byteLength(text)));
}

function nested(open: string, close: string, bytes: number): string {
  const levels = Math.floor(bytes / (open.length + close.length));
  return open.repeat(levels) + close.repeat(levels);
}

/** A batch of as many copies of a large event as fit. */
function batchOf(json: string): string {
  return `[${fill(`${json},`, BODY_BYTES - json.length - 100)}${json}]`;
}

/** A batch of 4,000 copies of a small event. */
function manyOf(json: string): string {
  return `[${Array(MAX_EVENTS).fill(json).join()}]`;
}

function arrayOf(bytesEach: number, make: (n: number) => object): string {
  const events = Array.from({ length: MAX_EVENTS }, (_, n) => {
    const json = make(n);
    const padding = Math.max(0, bytesEach - JSON.stringify(json).length - 20);
    return { ...json, notes: 'x'.repeat(padding) };
  });
  return JSON.stringify(events);
}

/** @param prefix without one the names are numbers, which V8 keeps apart and takes longer to list */
function names(count: number, prefix = 'n'): string {
  return Array.from({ length: count }, (_, n) => `"${prefix}${n}":1`).join();
}

/** The same name, each time in another casing. */
function casings(name: string, count: number): string {
  const spell = (n: number) =>
    [...name].map((letter, at) => ((n >> at) & 1 ? letter.toUpperCase() : letter)).join('');
  return Array.from({ length: count }, (_, n) => `"${spell(n)}":1`).join();
}
