import { createHmac } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { createHandler } from '../../functions/identify.ts';
import { createServices } from '../../functions/services.ts';
import { CONFIG, createInProcessOperator, TABLES } from '../in-process/deployment.ts';
import {
  createEmbeddedDynamoDB,
  createInProcessClient,
  createTables,
} from '../in-process/dynamodb.ts';
import { contextWith, requestWith } from '../in-process/lambda.ts';
import { createMemorySecretStore } from '../in-process/secrets.ts';

const SECRET = 'shared with acme';
const DELETION = { type: 'delete', userId: 'u-1' };
/** The fields that do not matter have types that no other call has. */
const ODD = { ...DELETION, context: '{}', originalTimestamp: 1_424_730_515, messageId: null };
const EVENT = { type: 'identify', userId: 'u-1', timestamp: '2020-05-31T12:00:00Z' };
const MESSAGE =
  /^This deletes every interaction .* stays on the timeline in Nat: delete it there\.$/;

let handler: ReturnType<typeof createHandler>;

beforeAll(async () => {
  const database = createEmbeddedDynamoDB();
  await createTables(database, TABLES);
  const db = createInProcessClient(database.execute);
  const services = createServices(CONFIG, db, createMemorySecretStore());
  handler = createHandler(() => services);
  const { run } = createInProcessOperator(db);
  const add = { command: 'workspace.add', name: 'Acme' };
  await run({ ...add, workspace: 'on', apiKey: 'key-of-on', deletions: 'on' });
  await run({ ...add, workspace: 'off', apiKey: 'key-of-off' });
  const signed = { workspace: 'signed', apiKey: 'key-of-signed', sharedSecret: SECRET };
  await run({ ...add, ...signed, deletions: 'on' });
});

async function post(
  workspace: string,
  json: unknown,
  more: { secret?: string; dryRun?: boolean } = {},
) {
  const body = JSON.stringify(json);
  const signature = more.secret && createHmac('sha1', more.secret).update(body).digest('hex');
  const headers = {
    authorization: `Bearer key-of-${workspace}`,
    ...(signature && { 'x-signature': signature }),
  };
  const queryStringParameters = { dryRun: String(more.dryRun ?? false) };
  const request = requestWith({
    routeKey: 'POST /v1/identify',
    headers,
    body,
    queryStringParameters,
  });
  const { statusCode, body: answer = '' } = await handler(
    request,
    contextWith('identify', '1', () => 28_000),
  );
  return { status: statusCode, body: JSON.parse(answer) };
}

describe('a deletion message', () => {
  it.each([DELETION, ODD])(
    'is answered with what is deleted, and what Nat still holds',
    async (event) => {
      expect(await post('on', event)).toEqual({
        status: 200,
        body: { status: 'deleting', message: expect.stringMatching(MESSAGE) },
      });
    },
  );

  it('has a result in a batch, and in an array', async () => {
    const events = [{ ...EVENT, email: 'a@example.com' }, DELETION, { type: 'delete' }];
    const results = [{ status: 'accepted' }, { status: 'deleting' }, { code: 'user_id_missing' }];
    expect(await post('on', { batch: events })).toMatchObject({ status: 200, body: { results } });
    expect(await post('on', events)).toMatchObject({ status: 200, body: { results } });
  });

  it('without a userId is answered 400, and the message names the field', async () => {
    expect(await post('on', { type: 'delete', anonymousId: 'a' })).toEqual({
      status: 400,
      body: { code: 'user_id_missing', message: expect.stringMatching(/^userId is missing/) },
    });
  });

  it('is answered 501 where deletions are off, and is ignored in a batch', async () => {
    const answer = { code: 'deletions_off', message: expect.stringContaining('setting deletions') };
    expect(await post('off', DELETION)).toEqual({ status: 501, body: answer });
    const body = { results: [{ status: 'ignored', ...answer }] };
    expect(await post('off', { batch: [DELETION] })).toEqual({ status: 200, body });
    expect(await post('off', [DELETION])).toEqual({ status: 200, body });
  });

  it('must be signed where the workspace asks for it', async () => {
    expect(await post('signed', DELETION)).toMatchObject({ status: 401 });
    expect(await post('signed', DELETION, { secret: 'another' })).toMatchObject({ status: 401 });
    expect(await post('signed', DELETION, { secret: SECRET })).toMatchObject({ status: 200 });
  });

  it('deletes nothing in a dry run, and says how much there is', async () => {
    const events = ['a', 'b'].map((name) => ({
      ...EVENT,
      userId: 'u-2',
      email: `${name}@x.example`,
    }));
    await post('on', events);
    const deletion = { type: 'delete', userId: 'u-2' };
    const found = { addresses: 2, interactions: 2 };
    for (const _ of [1, 2]) {
      expect(await post('on', deletion, { dryRun: true })).toEqual({
        status: 200,
        body: {
          status: 'deleting',
          message: expect.stringMatching(/^This would delete/),
          ...found,
        },
      });
    }
    expect(await post('on', events)).toMatchObject({
      body: { results: [{ status: 'duplicate' }, {}] },
    });
    await post('on', deletion);
    expect(await post('on', events)).toMatchObject({
      body: { results: [{ status: 'accepted' }, {}] },
    });
  });
});
