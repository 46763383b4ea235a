import { gzipSync } from 'node:zlib';
import { describe, expect, inject, it } from 'vitest';
import { LOCAL_API_KEY } from '../../cli/local-stack.ts';
import { CANARY, hasCanary, leaksIn } from './canary.ts';
import { basic, recommended, type SendOptions, send, someone } from './client.ts';

/** What is refused, with an address or a key in every place where a sender can put one. */
const REFUSED: [what: string, status: number, body: Parameters<typeof send>[0], SendOptions?][] = [
  ['an address without a domain', 400, recommended(CANARY)],
  ['two addresses', 400, recommended(`${someone()}, ${someone()}`)],
  ['an address in quotes', 400, recommended(`"${CANARY}"@example.com`)],
  ['a domain that does not exist', 400, recommended(`peter@${CANARY}..com`)],
  ['an address in a list', 400, recommended(CANARY, { traits: { email: [someone()] } })],
  [
    'two different addresses',
    400,
    recommended(someone(), { traits: { email: someone(), EMAIL: CANARY } }),
  ],
  ['an address as timestamp', 400, recommended(someone(), { timestamp: someone() })],
  ['an address as type', 501, recommended(someone(), { type: someone() })],
  [
    'an address as url, of another type',
    400,
    recommended(someone(), { page: { url: [someone()] } }),
  ],
  [
    'half an emoji after an address',
    400,
    recommended(someone(), { event: `${CANARY}\ud83d`, page: {} }),
  ],
  ['too much of it', 413, recommended(someone(), { more: CANARY.repeat(5000) })],
  ['JSON that ends in an address', 400, `{"type":"identify","email":"${someone()}`],
  ['an address instead of JSON', 400, someone()],
  ['a JSON string', 400, JSON.stringify(someone())],
  ['an array of addresses', 400, [someone(), someone()]],
  ['a batch that is an address', 400, { batch: someone() }],
  [
    'gzip that ends early',
    400,
    gzipSync(someone()).subarray(0, -4),
    { headers: { 'content-encoding': 'gzip' } },
  ],
  [
    'a key of nobody',
    401,
    recommended(someone()),
    { headers: { authorization: basic(someone()) } },
  ],
  ['a broken header', 401, recommended(someone()), { headers: { authorization: someone() } }],
  [
    'a content type',
    415,
    recommended(someone()),
    { headers: { 'content-type': `text/${CANARY}` } },
  ],
  ['an encoding', 415, recommended(someone()), { headers: { 'content-encoding': CANARY } }],
  ['a path', 404, recommended(someone()), { path: `/v1/${someone()}` }],
  ['a query', 400, recommended(someone()), { path: `/v1/identify?dryRun=${someone()}` }],
];

// What is printed meanwhile is searched when the stack stops, see fresh-stack.ts.
describe('an address or a key that is refused is not told in the answer', () => {
  it.each(REFUSED)('%s', async (_what, status, body, options = {}) => {
    const headers = { 'user-agent': someone(), 'x-request-id': someone(), ...options.headers };
    expect((await send(body, { ...options, headers })).status).toBe(status);
  });

  it('what is wrong in a batch, and what is in it twice', async () => {
    const good = recommended(someone());
    const wrong = REFUSED.map(([, , body]) => body);
    const headers = { 'user-agent': `${someone()}/1.0 (${someone()})` };
    const { status } = await send(
      { batch: [good, ...wrong, good], writeKey: LOCAL_API_KEY },
      { headers },
    );
    expect(status).toBe(200);
    const fresh = recommended(someone());
    const { body } = await send({ batch: [fresh, fresh, recommended(CANARY)] }, { headers });
    expect(body).toMatchObject({
      results: [{ status: 'accepted' }, { status: 'duplicate' }, { status: 'rejected' }],
    });
  });

  it('a key in the body', async () => {
    const response = await fetch(`${inject('apiUrl')}/v1/batch`, {
      method: 'POST',
      body: JSON.stringify({ batch: [recommended(someone())], writeKey: someone() }),
    });
    expect(response.status).toBe(401);
    expect(hasCanary(await response.text())).toBe(false);
  });
});

describe('the search for the canary', () => {
  const none = { interactions: [], workspaces: [] };
  const item = { contact: 'acme#k', status: 'retrying', event: { email: someone() } };

  it.each([
    ['a line with an address', [`{"email":"${someone()}"}`], none],
    ['a line with a piece of one', ['Unexpected token in "nary7@exa"'], none],
    [
      'a delivered item with its content',
      [],
      { ...none, interactions: [{ ...item, status: 'delivered' }] },
    ],
    [
      'an address beside the content',
      [],
      { ...none, interactions: [{ ...item, lastError: CANARY }] },
    ],
    ['a key in the table of workspaces', [], { ...none, workspaces: [{ key: someone() }] }],
  ])('finds %s', (_what, lines, stored) => {
    expect(leaksIn(lines, stored)).toHaveLength(1);
  });

  it('allows the content of what waits for Nat', () => {
    expect(leaksIn(['{"message":"accepted"}'], { ...none, interactions: [item] })).toEqual([]);
  });
});
