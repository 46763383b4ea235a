import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { marshall } from '@aws-sdk/util-dynamodb';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { createHandler as createDeliver } from '../../functions/deliver.ts';
import { createHandler as createIdentify } from '../../functions/identify.ts';
import { createHandler as createRecover } from '../../functions/recover.ts';
import { createHandler as createRedeliver } from '../../functions/redeliver.ts';
import { createServices } from '../../functions/services.ts';
import { createDelivery } from '../../lib/delivery/attempt.ts';
import type { NatResult } from '../../lib/delivery/nat.ts';
import { createRecovery } from '../../lib/delivery/recovery.ts';
import { createRepairs } from '../../lib/ledger/repairs.ts';
import { createStreamReader } from '../../lib/ledger/stream.ts';
import type { CommandName } from '../../lib/operator/commands.ts';
import type { SecretStore } from '../../lib/runtime/secret-store.ts';
import { insertsOf } from '../../offline/insert-statements.ts';
import { CONFIG, createInProcessOperator, TABLES } from '../in-process/deployment.ts';
import {
  createEmbeddedDynamoDB,
  createInProcessClient,
  createTables,
} from '../in-process/dynamodb.ts';
import { contextWith, messagesWith, requestWith } from '../in-process/lambda.ts';
import { contactKeyOf, createMemorySecretStore, SECRET_NAMES } from '../in-process/secrets.ts';
import { createInProcessStream } from '../in-process/stream.ts';

const FUNCTIONS = ['identify', 'deliver', 'redeliver', 'recover', 'operate'] as const;
type FunctionName = (typeof FUNCTIONS)[number];

/** A table that an operator restored, beside the one in use. */
const RESTORED = `${TABLES.Interactions}-restored`;

const HOUR_MS = 60 * 60 * 1000;
const DAY = '2020-05-31';
const [id, apiKey, sharedSecret] = ['acme', 'key-of-acme', 'shared with acme'];
const workspace = { workspace: id };
const ANSWERS: Record<string, NatResult> = {
  'rejected@example.com': { verdict: 'key-rejected', error: 'status 401' },
  'dead@example.com': { verdict: 'never', error: 'status 400' },
};
const EMAILS = Object.keys(ANSWERS);
const contact = { ...workspace, email: 'dead@example.com' };
const event = { email: 'pending@example.com', timestamp: `${DAY}T12:00:00Z`, description: 'x' };

/** What is given to each command; an order in which each has something to do. */
const COMMANDS: Record<Exclude<CommandName, 'workspace.add' | 'workspace.remove'>, object> = {
  'workspace.list': {},
  'workspace.show': workspace,
  'workspace.update': { ...workspace, natApiKey: 'another-key' },
  'workspace.rotate': workspace,
  'workspace.revoke': { ...workspace, keyEnding: 'acme' },
  'workspace.disable': workspace,
  'workspace.enable': workspace,
  'interactions.list': { status: 'dead' },
  'interactions.show': contact,
  'interactions.redrive': {},
  'interactions.restore': {},
  stats: {},
  'secrets.rotate': {},
  'contact.forget': contact,
};

/** The resource of each secret in `resources/`. */
const SECRETS = new Map([
  [SECRET_NAMES.CONTACTS_SECRET, 'ContactsSecret'],
  [SECRET_NAMES.NAT_KEYS_SECRET, 'NatKeysSecret'],
  [SECRET_NAMES.SIGNATURES_SECRET, 'SignaturesSecret'],
]);

/** What each function asked AWS for, such as `dynamodb:Query Interactions/index/due`. */
const asked = new Map(FUNCTIONS.map((name) => [name, new Set<string>()]));

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  await useEverything();
});
afterAll(() => vi.useRealTimers());

describe.each(FUNCTIONS)('the role of %s', (name) => {
  it('allows on the tables and secrets what the function asks for, and nothing else', () => {
    expect([...(asked.get(name) ?? [])].sort()).toEqual(allowedTo(name));
  });
});

it('the role of recover allows on its queue what its trigger needs, and to send to it', () => {
  expect(allowed('recover', 'sqs:')).toEqual([
    'sqs:DeleteMessage UndeliveredQueue',
    'sqs:GetQueueAttributes UndeliveredQueue',
    'sqs:ReceiveMessage UndeliveredQueue',
    'sqs:SendMessage UndeliveredQueue',
  ]);
});

/** Lets every function do everything that it can do, over tables in this process. */
async function useEverything(): Promise<void> {
  const database = createEmbeddedDynamoDB();
  await createTables(database, TABLES);
  await createTables(database, { Interactions: RESTORED });
  const lost = {
    contact: `${id}#lost`,
    day: DAY,
    status: 'dead',
    attempts: 1,
    acceptedAt: `${DAY}T12:00:00.000Z`,
  };
  await database.execute('PutItem', { TableName: RESTORED, Item: marshall(lost) });
  const clientOf = (name: FunctionName) =>
    createInProcessClient((operation, input) => {
      const isInsert = operation === 'BatchExecuteStatement';
      const action = isInsert ? 'PartiQLInsert' : operation;
      for (const request of isInsert ? insertsOf(input) : [input]) {
        for (const resource of resourcesIn(request)) {
          asked.get(name)?.add(`dynamodb:${action} ${resource}`);
        }
      }
      return database.execute(operation, input);
    });
  const secretStoreOf = (name: FunctionName): SecretStore => {
    const store = createMemorySecretStore();
    return {
      read: (secret) => {
        asked.get(name)?.add(`secretsmanager:GetSecretValue ${SECRETS.get(secret)}`);
        return store.read(secret);
      },
      renew: (secret, stored) => {
        asked.get(name)?.add(`secretsmanager:PutSecretValue ${SECRETS.get(secret)}`);
        return store.renew(secret, stored);
      },
    };
  };
  const servicesOf = (name: FunctionName) =>
    createServices(CONFIG, clientOf(name), secretStoreOf(name));
  const deliveryOf = (name: FunctionName) => {
    const nat = async ({ event }: { event: { email: string } }) => answerTo(event.email);
    return createDelivery({ ...servicesOf(name), nat });
  };
  const contextOf = (name: FunctionName) => contextWith(name, '1', () => HOUR_MS);

  const { run } = createInProcessOperator(clientOf('operate'), secretStoreOf('operate'));
  await run({
    command: 'workspace.add',
    name: id,
    ...workspace,
    apiKey,
    sharedSecret,
    deletions: 'on',
  });

  const identify = createIdentify(() => servicesOf('identify'));
  const post = async (...events: object[]) => {
    const body = JSON.stringify(events);
    const signature = createHmac('sha1', sharedSecret).update(body).digest('hex');
    const headers = { authorization: `Bearer ${apiKey}`, 'x-signature': signature };
    const request = requestWith({ routeKey: 'POST /v1/batch', headers, body });
    expect(await identify(request, contextOf('identify'))).toMatchObject({ statusCode: 200 });
  };
  const identifyCall = (email: string) => ({
    type: 'identify',
    timestamp: `${DAY}T12:00:00Z`,
    traits: { email },
  });
  await post(...EMAILS.map(identifyCall));
  await post({ ...identifyCall('forgotten@example.com'), userId: 'forgotten' });
  await post({ type: 'delete', userId: 'forgotten' });

  const Records = EMAILS.map((email) => {
    const Keys = { contact: { S: `${id}#${contactKeyOf(id, email)}` }, day: { S: DAY } };
    return { dynamodb: { Keys } };
  });
  await createDeliver(() => deliveryOf('deliver'))({ Records }, contextOf('deliver'));

  for (const [command, input] of Object.entries(COMMANDS)) await run({ command, ...input });

  vi.setSystemTime(Date.now() + 24 * HOUR_MS);
  const { ledger } = servicesOf('redeliver');
  const redeliver = createRedeliver(() => ({ ledger, delivery: deliveryOf('redeliver') }));
  await redeliver({}, contextOf('redeliver'));

  const stream = createInProcessStream((operation) => {
    asked.get('recover')?.add(`dynamodb:${operation} Interactions/stream/*`);
  });
  const key = { contact: `${id}#somebody`, day: DAY };
  await servicesOf('identify').ledger.accept(key, event, Date.now() - 2 * HOUR_MS);
  stream.append(key, 'pending');
  const sent: string[] = [];
  const recovery = createRecovery({
    repairs: createRepairs(clientOf('recover'), TABLES.Interactions),
    readStream: createStreamReader(stream.client),
    send: async (message) => void sent.push(message),
  });
  const recover = createRecover(() => recovery);
  const message = stream.failureMessage();
  await recover(messagesWith(message), contextOf('recover'));
  vi.setSystemTime(Date.now() + 24 * HOUR_MS);
  await recover(messagesWith(message), contextOf('recover'));
  await recover(messagesWith(...sent), contextOf('recover'));

  const command = 'workspace.remove';
  const { next } = v.parse(v.object({ next: v.string() }), await run({ command, ...workspace }));
  vi.setSystemTime(Date.now() + HOUR_MS);
  expect(await run({ command, from: next })).toMatchObject({ done: true });
}

function answerTo(email: string): NatResult {
  return ANSWERS[email] ?? { verdict: 'accepted' };
}

/** What a request is about, as in `resources/`: `Interactions`, or `Interactions/index/due`. */
function resourcesIn(input: object): string[] {
  const { TableName, IndexName, RequestItems } = v.parse(
    v.object({
      TableName: v.optional(v.string()),
      IndexName: v.optional(v.string()),
      RequestItems: v.optional(v.record(v.string(), v.unknown())),
    }),
    input,
  );
  const index = IndexName === undefined ? '' : `/index/${IndexName}`;
  const tables = TableName === undefined ? Object.keys(RequestItems ?? {}) : [TableName];
  return Object.entries({ ...TABLES, 'Interactions-restored': RESTORED })
    .filter(([, name]) => tables.includes(name))
    .map(([resource]) => `${resource}${index}`);
}

/** What a role allows on tables and secrets. The trigger of deliver reads the stream. */
function allowedTo(name: FunctionName): string[] {
  const onTables = allowed(name, 'dynamodb:').filter(
    (action) => name !== 'deliver' || !action.endsWith('/stream/*'),
  );
  return [...onTables, ...allowed(name, 'secretsmanager:')].sort();
}

/** @param service the beginning of the actions, such as `dynamodb:` */
function allowed(name: FunctionName, service: string): string[] {
  const statement = v.object({ Action: v.array(v.string()), Resource: v.unknown() });
  // Without those that are only there if a setting is.
  const document = v.object({ Statement: v.optional(v.array(statement), []) });
  const policy = v.object({ PolicyDocument: v.optional(document, { Statement: [] }) });
  const { Resources } = v.parse(
    v.object({
      Resources: v.record(
        v.string(),
        v.object({ Properties: v.object({ Policies: v.array(policy) }) }),
      ),
    }),
    parse(readFileSync(new URL('../../resources/roles.yml', import.meta.url), 'utf8')),
  );
  const role = Resources[`${name.charAt(0).toUpperCase()}${name.slice(1)}Role`];
  const statements = (role?.Properties.Policies ?? []).flatMap(
    ({ PolicyDocument }) => PolicyDocument.Statement,
  );
  return statements
    .flatMap(({ Action, Resource }) => Action.map((action) => `${action} ${nameOf(Resource)}`))
    .filter((action) => action.startsWith(service))
    .sort();
}

/** The name of `{ Fn::GetAtt: [Interactions, Arn] }` or `{ Fn::Sub: "${Interactions.Arn}/…" }`. */
function nameOf(reference: unknown): string {
  const { 'Fn::GetAtt': attribute, 'Fn::Sub': text } = v.parse(
    v.object({ 'Fn::GetAtt': v.optional(v.array(v.string())), 'Fn::Sub': v.optional(v.string()) }),
    reference,
  );
  const arn = text ?? attribute?.join('.') ?? '';
  return arn.replace(/\$\{(.+)\}/, '$1').replace(/\.(?:Arn|Id)/, '');
}
