import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { LOCAL_API_KEY } from '../../cli/local-stack.ts';
import { readConfig, readQueueUrl } from '../../lib/runtime/config.ts';
import { type Packaged, packageStage } from './packaged.ts';

const SETTINGS = {
  NAT_API_URL: 'https://nat.example/identify',
  RETENTION_DAYS: '400',
  IDENTIFY_CONCURRENCY: '100',
  DELIVER_CONCURRENCY: '40',
  REDELIVER_CONCURRENCY: '1',
};
const DATA = ['AWS::DynamoDB::Table', 'AWS::SecretsManager::Secret'];

/** With nothing set in the environment of the deployment. */
let dev: Packaged;
/** With every setting. */
let prod: Packaged;

beforeAll(async () => {
  [dev, prod] = await Promise.all([packageStage('dev'), packageStage('prod', SETTINGS)]);
}, 300_000);

describe('each function', () => {
  it('finds every variable that readConfig reads in its environment', () => {
    for (const { name, environment } of dev.functions) {
      expect(readConfig(resolved(environment)), name).toMatchObject({
        INTERACTIONS_TABLE: dev.resources.Interactions?.Properties.TableName,
        WORKSPACES_TABLE: dev.resources.Workspaces?.Properties.TableName,
        RETENTION_DAYS: undefined,
      });
    }
  });

  it('takes its settings from the environment of the deployment', () => {
    for (const { name, environment } of prod.functions) {
      expect(readConfig(resolved(environment)), name).toMatchObject({
        NAT_API_URL: SETTINGS.NAT_API_URL,
        RETENTION_DAYS: Number(SETTINGS.RETENTION_DAYS),
      });
    }
  });

  it('has only as much concurrency reserved as the settings say, and none without them', () => {
    const reservedIn = ({ ofType }: Packaged) =>
      ofType('AWS::Lambda::Function')
        .filter(({ Properties }) => Properties.ReservedConcurrentExecutions !== undefined)
        .map(({ Properties }) => [
          Properties.FunctionName,
          Properties.ReservedConcurrentExecutions,
        ]);
    expect(reservedIn(prod)).toEqual([
      ['nat-destination-prod-identify', 100],
      ['nat-destination-prod-deliver', 40],
      ['nat-destination-prod-redeliver', 1],
    ]);
    expect(reservedIn(dev)).toEqual([]);
  });

  it('knows where the queue is if it is recover', () => {
    const recover = prod.functions.find(({ name }) => name === 'recover');
    expect(recover?.environment.UNDELIVERED_QUEUE_URL).toEqual({ Ref: 'UndeliveredQueue' });
    expect(() => readQueueUrl(resolved(recover?.environment ?? {}))).not.toThrow();
  });

  it('knows where its secrets are, and has none in its environment', () => {
    for (const { name, environment } of [...dev.functions, ...prod.functions]) {
      expect(environment, name).toMatchObject({
        CONTACTS_SECRET: { Ref: 'ContactsSecret' },
        NAT_KEYS_SECRET: { Ref: 'NatKeysSecret' },
        SIGNATURES_SECRET: { Ref: 'SignaturesSecret' },
      });
      expect(JSON.stringify(environment), name).not.toContain('{{resolve:secretsmanager:');
    }
  });

  it('is one file that exports its handler, with nothing of the local stack', () => {
    expect(dev.functions).not.toEqual([]);
    for (const { name, handler, files } of dev.functions) {
      const [module = '', exported = ''] = handler.split('.');
      expect(files.map(([file]) => file)).toEqual([`${module}.cjs`]);
      const source = files.map(([, text]) => text).join();
      expect(exportsOf(source), name).toHaveProperty(exported, expect.any(Function));
      expect(source.includes('dynalite') || source.includes(LOCAL_API_KEY), name).toBe(false);
    }
  });

  it('has the clients of the stream and of the queue only if it is recover', () => {
    for (const { name, files } of dev.functions) {
      const source = files.map(([, text]) => text).join();
      for (const client of ['DynamoDBStreams_20120810', 'AmazonSQS']) {
        expect(source.includes(client), `${name}: ${client}`).toBe(name === 'recover');
      }
    }
  });

  it('is allowed to run for as many messages to itself as a sweep needs only if it is recover', () => {
    for (const { Properties } of dev.ofType('AWS::Lambda::Function')) {
      const allowed = Properties.FunctionName === 'nat-destination-dev-recover';
      expect(Properties.RecursiveLoop).toBe(allowed ? 'Allow' : undefined);
    }
  });
});

describe('what holds data', () => {
  it('stays in production whatever happens to the stack, and its tables cannot be deleted', () => {
    for (const resource of DATA.flatMap(prod.ofType)) expect(resource).toMatchObject(kept);
    for (const { Properties } of prod.ofType('AWS::DynamoDB::Table')) {
      expect(Properties.DeletionProtectionEnabled).toBe(true);
    }
  });

  it('goes with any other stage, but for the secret: nothing else can read what it sealed', () => {
    for (const resource of dev.ofType('AWS::DynamoDB::Table')) {
      expect(resource).toMatchObject({ DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' });
      expect(resource.Properties.DeletionProtectionEnabled).toBe(false);
    }
    for (const secret of dev.ofType('AWS::SecretsManager::Secret'))
      expect(secret).toMatchObject(kept);
  });

  const kept = { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' };
});

/** An environment as the function gets it: CloudFormation puts values in place of references. */
function resolved(environment: Record<string, unknown>): Record<string, string> {
  const isReference = (value: unknown) => typeof value !== 'string' || value.includes('{{resolve:');
  const entries = Object.entries(environment).map(([name, value]) => {
    return [name, isReference(value) ? 'https://resolved.example' : z.string().parse(value)];
  });
  return Object.fromEntries(entries);
}

/** Loads a bundle, as Lambda does at a cold start. */
function exportsOf(source: string): unknown {
  const module = { exports: {} };
  const load = compileFunction(source, ['module', 'exports', 'require']);
  load(module, module.exports, createRequire(import.meta.url));
  return module.exports;
}
