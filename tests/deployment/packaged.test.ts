import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { LOCAL_API_KEY } from '../../cli/local-stack.ts';
import { readConfig, readQueueUrl } from '../../lib/runtime/config.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { NAT_API_URL, type Packaged, packageStage } from './packaged.ts';
import { packagesIn } from './sbom.ts';

const SETTINGS = {
  alarmEmail: 'operator@nat.example',
  retentionDays: 400,
  tracing: true,
  identifyConcurrency: 100,
  deliverConcurrency: 40,
  redeliverConcurrency: 1,
  logLevel: 'WARN',
  routineLogRate: 0.01,
  domain: {
    name: 'events.nat.example',
    certificateArn: 'arn:aws:acm:eu-central-1:1:certificate/2',
  },
};
/** They ask for nothing of who runs the software, but to keep their text with the source. */
const ACCEPTED_LICENCES = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MIT-0',
];
const DATA = ['AWS::DynamoDB::Table', 'AWS::SecretsManager::Secret'];

/** With no setting but that it is throw-away. */
let dev: Packaged;
/** With every setting, a name that is not special, and by somebody whose files nobody else reads. */
let prod: Packaged;

beforeAll(async () => {
  [dev, prod] = await Promise.all([
    packageStage('dev', { throwAway: true }),
    packageStage('production', SETTINGS, '077'),
  ]);
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

  it('takes the settings of its stage', () => {
    for (const { name, environment } of prod.functions) {
      expect(readConfig(resolved(environment)), name).toMatchObject({
        NAT_API_URL,
        RETENTION_DAYS: SETTINGS.retentionDays,
        ROUTINE_LOG_RATE: SETTINGS.routineLogRate,
      });
    }
  });

  it('logs at the level of its stage, and Lambda logs what fails', () => {
    const loggingOf = ({ ofType }: Packaged) =>
      ofType('AWS::Lambda::Function').map(({ Properties }) => Properties.LoggingConfig);
    const common = { LogFormat: 'JSON', SystemLogLevel: 'WARN' };
    for (const logging of loggingOf(dev)) {
      expect(logging).toMatchObject({ ...common, ApplicationLogLevel: 'INFO' });
    }
    for (const logging of loggingOf(prod)) {
      expect(logging).toMatchObject({ ...common, ApplicationLogLevel: 'WARN' });
    }
  });

  it('has metrics in the namespace of its stage', () => {
    for (const { environment } of dev.functions) {
      expect(environment.METRICS_NAMESPACE).toBe('Nat/dev');
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
      ['nat-destination-production-identify', 100],
      ['nat-destination-production-deliver', 40],
      ['nat-destination-production-redeliver', 1],
    ]);
    expect(reservedIn(dev)).toEqual([]);
  });

  it('is traced by X-Ray only if the settings say so', () => {
    const tracingOf = ({ ofType }: Packaged) =>
      ofType('AWS::Lambda::Function').map(({ Properties }) => Properties.TracingConfig);
    expect(tracingOf(prod)).toEqual(Array(5).fill({ Mode: 'Active' }));
    expect(tracingOf(dev)).toEqual(Array(5).fill(undefined));
    const [on, off] = [prod, dev].map(({ conditions }) => conditions.IsTraced?.['Fn::Equals']);
    expect(on?.[0]).toBe(on?.[1]);
    expect(off?.[0]).not.toBe(off?.[1]);
    for (const { Properties } of prod.ofType('AWS::IAM::Role')) {
      expect(JSON.stringify(Properties.Policies)).toContain('{"Fn::If":["IsTraced",');
      expect(JSON.stringify(Properties.Policies)).toContain('xray:PutTraceSegments');
    }
  });

  it('knows where the queue is if it is recover', () => {
    const recover = prod.functions.find(({ name }) => name === 'recover');
    expect(recover?.environment.UNDELIVERED_QUEUE_URL).toEqual({ Ref: 'UndeliveredQueue' });
    expect(() => readQueueUrl(resolved(recover?.environment ?? {}))).not.toThrow();
  });

  it('knows where its secrets are, and has none in its environment', () => {
    for (const { name, environment } of [...dev.functions, ...prod.functions]) {
      expect(environment, name).toMatchObject({
        CONTACTS_SECRET: { 'Fn::GetAtt': ['ContactsSecret', 'Id'] },
        NAT_KEYS_SECRET: { 'Fn::GetAtt': ['NatKeysSecret', 'Id'] },
        SIGNATURES_SECRET: { 'Fn::GetAtt': ['SignaturesSecret', 'Id'] },
      });
      expect(JSON.stringify(environment), name).not.toContain('{{resolve:secretsmanager:');
    }
  });

  it('is one file that exports its handler, with nothing of the local stack', () => {
    expect(dev.functions).not.toEqual([]);
    for (const { name, handler, files } of dev.functions) {
      const [module = '', exported = ''] = handler.split('.');
      expect(files.map(([file]) => file)).toEqual([`${module}.js`]);
      const source = files.map(([, text]) => text).join();
      expect(exportsOf(source), name).toHaveProperty(exported, expect.any(Function));
      expect(source.includes('dynalite') || source.includes(LOCAL_API_KEY), name).toBe(false);
    }
  });

  it('loads neither Web Streams nor what reads the files of a user, for which only the SDK asks', () => {
    for (const { name, files } of dev.functions) {
      const source = files.map(([, text]) => text).join();
      expect(source, name).not.toMatch(
        /\bReadableStream\.name|(typeof|instanceof|new) (ReadableStream|void 0)/,
      );
      expect(source, name).not.toMatch(/["'](node:)?fs\/promises["']/);
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

describe('a stage', () => {
  it('keeps its data and its address whatever its name is, unless it is throw-away', () => {
    for (const resource of DATA.flatMap(prod.ofType)) {
      expect(resource).toMatchObject({
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
      });
    }
    for (const { Properties } of prod.ofType('AWS::DynamoDB::Table')) {
      expect(Properties.DeletionProtectionEnabled).toBe(true);
    }
    expect(prod.provider.deletionProtection).toBe(true);
    expect(prod.provider.stackPolicy).toContainEqual({
      Effect: 'Deny',
      Principal: '*',
      Action: ['Update:Delete', 'Update:Replace'],
      Resource: '*',
      Condition: {
        StringEquals: {
          ResourceType: ['AWS::ApiGatewayV2::Api', 'AWS::ApiGatewayV2::DomainName', ...DATA],
        },
      },
    });
  });

  it('leaves nothing behind if it is throw-away', () => {
    for (const resource of DATA.flatMap(dev.ofType)) {
      expect(resource).toMatchObject({ DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' });
    }
    for (const { Properties } of dev.ofType('AWS::DynamoDB::Table')) {
      expect(Properties.DeletionProtectionEnabled).toBe(false);
    }
    expect(dev.provider.deletionProtection).toBe(false);
    expect(JSON.stringify(dev.provider.stackPolicy)).not.toContain('Deny');
  });

  it('gives its tags to the stack, which gives them to everything in it', () => {
    expect(prod.provider.stackTags).toEqual({ service: 'nat-destination', stage: 'production' });
  });

  it('sends its alarms to the address in its settings', () => {
    expect(prod.resources.AlarmEmail?.Properties.Endpoint).toBe(SETTINGS.alarmEmail);
  });

  it('has the domain in its settings', () => {
    expect(prod.resources.Domain?.Properties).toMatchObject({
      DomainName: SETTINGS.domain.name,
      DomainNameConfigurations: [{ CertificateArn: SETTINGS.domain.certificateArn }],
    });
  });
});

it('the access log has what happened, and nothing that a stranger wrote or that is personal', () => {
  const { Format } = v.parse(
    v.object({ Format: v.string() }),
    prod.resources.HttpApiStage?.Properties.AccessLogSettings,
  );
  expect(Object.keys(JSON.parse(Format))).toEqual(
    expect.arrayContaining(['requestId', 'route', 'status', 'latencyMs', 'integrationError']),
  );
  expect(Format).not.toMatch(/identity|path|authorizer|domain|protocol/i);
});

it('the source map of each function is kept beside the packages', () => {
  const names = dev.functions.map(({ name }) => `${name}.js.map`);
  expect(dev.sourceMaps.sort()).toEqual(names.sort());
});

describe('the packages', () => {
  it('are the same bytes if they are made in another folder by somebody else', () => {
    expect(dev.functions).toHaveLength(5);
    for (const { name, zip } of dev.functions) {
      const other = prod.functions.find((one) => one.name === name);
      expect(other?.zip.equals(zip), name).toBe(true);
    }
  });

  it('have a bill of materials that is valid, and names what is imported and nothing of the tests', async () => {
    const { JsonStrictValidator } = Validation;
    expect(await new JsonStrictValidator(Spec.Version.v1dot6).validate(dev.sbom)).toBeNull();
    const names = packagesIn(dev.sbom).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(packageJson.dependencies)));
    expect(names).not.toEqual(
      expect.arrayContaining([expect.toBeOneOf(Object.keys(packageJson.devDependencies))]),
    );
  });

  it('have no code whose licence was not accepted', () => {
    for (const { name, licences } of packagesIn(dev.sbom)) {
      expect(licences, name).not.toEqual([]);
      for (const licence of licences) expect(ACCEPTED_LICENCES, name).toContain(licence);
    }
  });
});

/** An environment as the function gets it: CloudFormation puts values in place of references. */
function resolved(environment: Record<string, unknown>): Record<string, string> {
  const isReference = (value: unknown) => typeof value !== 'string' || value.includes('{{resolve:');
  const entries = Object.entries(environment).map(([name, value]) => {
    return [name, isReference(value) ? 'https://resolved.example' : v.parse(v.string(), value)];
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
