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
import { captureOutput } from '../fuzz/output.ts';
import { CONFIG, createInProcessOperator, TABLES } from '../in-process/deployment.ts';
import {
  createEmbeddedDynamoDB,
  createInProcessClient,
  createTables,
} from '../in-process/dynamodb.ts';
import { contextWith, messagesWith, requestWith } from '../in-process/lambda.ts';
import { contactKeyOf, createMemorySecretStore } from '../in-process/secrets.ts';
import { createInProcessStream } from '../in-process/stream.ts';

const API_KEY = 'key-of-acme';
const DAY = '2020-05-31';
const ANSWERS: Record<string, NatResult> = {
  'retry@example.com': { verdict: 'may-pass', error: 'status 503' },
  'dead@example.com': { verdict: 'never', error: 'status 400' },
  'key@example.com': { verdict: 'key-rejected', error: 'status 401' },
  'address@example.com': { verdict: 'address-wrong', error: 'status 404' },
};

/** A line of a log, read as CloudWatch does. */
export type LogLine = Record<string, unknown>;

/**
 * Lets the functions that handle events print each kind of line about them.
 *
 * @returns the lines by the log group that they are written to
 */
export async function collectLines(): Promise<Map<string, LogLine[]>> {
  const output = captureOutput();
  const printed = new Map<string, LogLine[]>();
  const keep = (group: string) => {
    const lines = output
      .take()
      .split('\n')
      .filter((line) => line.startsWith('{'));
    printed.set(
      group,
      lines.map((line) => JSON.parse(line)),
    );
  };
  try {
    await useFunctions(keep);
  } finally {
    output.end();
  }
  return printed;
}

/** @param keep takes what was printed since the last call for the lines of a log group */
async function useFunctions(keep: (group: string) => void): Promise<void> {
  const database = createEmbeddedDynamoDB();
  await createTables(database, TABLES);
  let isDown = false;
  const db = createInProcessClient((operation, input) => {
    if (isDown) throw new Error('unreachable');
    return database.execute(operation, input);
  });
  const services = createServices(CONFIG, db, createMemorySecretStore());
  const workspace = { workspace: 'acme', name: 'Acme', apiKey: API_KEY };
  const operator = createInProcessOperator(db);
  await operator.run({ command: 'workspace.add', ...workspace });

  const emails = ['ann@example.com', ...Object.keys(ANSWERS)];
  const identify = createIdentify(() => services);
  const send = (body: unknown) =>
    identify(
      requestWith({
        routeKey: 'POST /v1/identify',
        headers: { authorization: `Bearer ${API_KEY}`, 'user-agent': 'analytics-node/3.1.0' },
        body: JSON.stringify(body),
      }),
      contextWith('identify', 'identify-1', () => 28_000),
    );
  for (const email of emails) await send(eventOf(email));
  await send(eventOf('nobody'));
  await send([eventOf('ann@example.com'), eventOf('nobody'), { type: 'track' }]);
  isDown = true;
  await send(eventOf('down@example.com'));
  isDown = false;
  keep('IdentifyLogGroup');

  const nat = async ({ event }: { event: { email: string } }): Promise<NatResult> =>
    ANSWERS[event.email] ?? { verdict: 'accepted' };
  const delivery = createDelivery({ ...services, nat });
  const keys = emails.map((email) => ({
    contact: `acme#${contactKeyOf('acme', email)}`,
    day: DAY,
  }));
  const Records = keys.map(({ contact }) => ({
    dynamodb: { Keys: { contact: { S: contact }, day: { S: DAY } } },
  }));
  const context = (name: string) => contextWith(name, `${name}-1`, () => 60_000);
  await createDeliver(() => delivery)({ Records }, context('deliver'));
  keep('DeliverLogGroup');

  await operator.run({ command: 'interactions.redrive', workspace: 'acme' });
  const { ledger } = services;
  await createRedeliver(() => ({ ledger, delivery }))({}, context('redeliver'));
  keep('RedeliverLogGroup');

  const stream = createInProcessStream();
  for (const key of keys) stream.append(key, 'pending');
  const recovery = createRecovery({
    repairs: createRepairs(db, TABLES.Interactions),
    readStream: createStreamReader(stream.client),
    send: async () => {},
  });
  await createRecover(() => recovery)(messagesWith(stream.failureMessage()), context('recover'));
  keep('RecoverLogGroup');
}

function eventOf(email: string) {
  return { type: 'identify', timestamp: `${DAY}T12:00:00Z`, traits: { email } };
}
