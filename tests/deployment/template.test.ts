import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { ATTEMPT_LEASE_MS, MAX_ATTEMPT_MS } from '../../lib/delivery/attempt.ts';
import { commands } from '../../lib/operator/commands.ts';
import { readConfig } from '../../lib/runtime/config.ts';
import {
  type FunctionName,
  type Packaged,
  packageStage,
  propertiesOf,
  resourcesOf,
} from './packaged.ts';

const MB = 1024 * 1024;
const HOUR_SECONDS = 60 * 60;
/** What is only in the local stack, and in dynalite. */
const LOCAL_STACK =
  /dynalite|local-api-key|nat-destination-local|MemoryLevel|DatabaseLifecycleManager/;
const SSM = /^\{\{resolve:ssm:/;

const LOGS = ['logs:CreateLogStream', 'logs:PutLogEvents'];

/** What each function does, and nothing else. */
const ALLOWED: Record<FunctionName, Record<string, string[]>> = {
  identify: {
    'IdentifyLogGroup.Arn': LOGS,
    'Interactions.Arn': ['dynamodb:BatchGetItem', 'dynamodb:PutItem'],
    'Workspaces.Arn': ['dynamodb:GetItem'],
  },
  deliver: {
    'DeliverLogGroup.Arn': LOGS,
    'Interactions.Arn': ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    'Interactions.StreamArn': [
      'dynamodb:DescribeStream',
      'dynamodb:GetRecords',
      'dynamodb:GetShardIterator',
      'dynamodb:ListStreams',
    ],
    'UndeliveredQueue.Arn': ['sqs:SendMessage'],
    'Workspaces.Arn': ['dynamodb:UpdateItem'],
    '${Workspaces.Arn}/index/byId': ['dynamodb:Query'],
  },
  redeliver: {
    'RedeliverLogGroup.Arn': LOGS,
    'Interactions.Arn': ['dynamodb:UpdateItem'],
    '${Interactions.Arn}/index/due': ['dynamodb:Query'],
    'Workspaces.Arn': ['dynamodb:UpdateItem'],
    '${Workspaces.Arn}/index/byId': ['dynamodb:Query'],
  },
  operate: {
    'OperateLogGroup.Arn': LOGS,
    'Interactions.Arn': [
      'dynamodb:DeleteItem',
      'dynamodb:Query',
      'dynamodb:Scan',
      'dynamodb:UpdateItem',
    ],
    '${Interactions.Arn}/index/due': ['dynamodb:Query'],
    'Workspaces.Arn': ['dynamodb:PutItem', 'dynamodb:Scan', 'dynamodb:UpdateItem'],
  },
};

/** Each alarm: its metric, what it rings above, and how many of how many five minutes. */
const ALARMS = {
  DeadAlarm: ['dead', 0, '1/1'],
  NatKeyRejectedAlarm: ['natKeyRejected', 0, '1/1'],
  OldestUndeliveredAlarm: ['oldestUndelivered', HOUR_SECONDS, '1/1'],
  UndeliveredQueueAlarm: ['ApproximateNumberOfMessagesVisible', 0, '1/1'],
  IteratorAgeAlarm: ['IteratorAge', 5 * 60 * 1000, '1/1'],
  FailedAlarm: ['failed', 0, '2/3'],
  HttpApi5xxAlarm: ['5xx', 0, '2/3'],
  IdentifyErrorsAlarm: ['Errors', 0, '2/3'],
  DeliverErrorsAlarm: ['Errors', 0, '2/3'],
  RedeliverErrorsAlarm: ['Errors', 0, '2/3'],
  IdentifyThrottlesAlarm: ['Throttles', 0, '2/3'],
  DeliverThrottlesAlarm: ['Throttles', 0, '2/3'],
  RedeliverThrottlesAlarm: ['Throttles', 0, '2/3'],
};

/** With nothing set in the environment. */
let dev: Packaged;
/** With every setting there is. */
let prod: Packaged;

beforeAll(async () => {
  [dev, prod] = await Promise.all([
    packageStage('dev'),
    packageStage('prod', {
      NAT_API_URL: 'https://nat.example/identify',
      RETENTION_DAYS: '400',
      ALARM_EMAIL: 'operator@example.com',
    }),
  ]);
});

const functionNames = z.array(z.enum(['identify', 'deliver', 'redeliver', 'operate']));
const each = functionNames.parse(Object.keys(ALLOWED));

describe('the functions', () => {
  test('are four, on Node 24 and arm64, each under its own role', () => {
    expect(Object.keys(resourcesOf(dev, 'AWS::Lambda::Function'))).toEqual(each.map(lambdaOf));
    for (const name of each) {
      expect(propertiesOf(dev, lambdaOf(name))).toMatchObject({
        FunctionName: `nat-destination-dev-${name}`,
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Role: { 'Fn::GetAtt': [`${capitalized(name)}Role`, 'Arn'] },
      });
    }
  });

  test('keep their logs for a limited time, in groups made before they run', () => {
    for (const name of each) {
      expect(propertiesOf(dev, `${capitalized(name)}LogGroup`)).toEqual({
        LogGroupName: `/aws/lambda/nat-destination-dev-${name}`,
        RetentionInDays: 30,
      });
    }
  });

  test('find in their environment all that the configuration demands', () => {
    for (const name of each) {
      const { DEPLOYMENT_SECRET: _, NAT_API_URL: address, ...plain } = environmentOf(dev, name);
      const text = z.record(z.string(), z.string()).parse(plain);
      expect(address).toMatch(SSM);
      const resolved = { DEPLOYMENT_SECRET: 'resolved', NAT_API_URL: 'https://nat.example' };
      expect(readConfig({ ...text, ...resolved })).toEqual({
        ...resolved,
        INTERACTIONS_TABLE: propertiesOf(dev, 'Interactions').TableName,
        WORKSPACES_TABLE: propertiesOf(dev, 'Workspaces').TableName,
        RETENTION_DAYS: undefined,
      });
    }
  });

  test('take their settings from the environment of the deployment', () => {
    for (const name of each) {
      expect(environmentOf(prod, name)).toMatchObject({
        NAT_API_URL: 'https://nat.example/identify',
        RETENTION_DAYS: '400',
      });
    }
  });

  test('are one bundled file each, small, with nothing of the local stack or the tests', () => {
    for (const name of each) {
      const files = dev.zips.get(name) ?? [];
      expect(files.map((file) => file.name)).toEqual([`functions/${name}.cjs`]);
      expect(propertiesOf(dev, lambdaOf(name)).Handler).toBe(`functions/${name}.handler`);
      for (const { text } of files) {
        expect(Buffer.byteLength(text)).toBeLessThan(MB);
        expect(text.match(LOCAL_STACK), name).toBeNull();
      }
    }
  });
});

describe('the ways in', () => {
  test('are four routes to identify, and no other', () => {
    const routes = Object.values(resourcesOf(dev, 'AWS::ApiGatewayV2::Route'));
    expect(routes.map(({ Properties }) => Properties.RouteKey).sort()).toEqual([
      'GET /openapi.json',
      'GET /v1/health',
      'POST /v1/batch',
      'POST /v1/identify',
    ]);
    const integrations = Object.values(resourcesOf(dev, 'AWS::ApiGatewayV2::Integration'));
    expect(integrations.map(({ Properties }) => Properties)).toMatchObject([
      {
        IntegrationUri: { 'Fn::GetAtt': ['IdentifyLambdaFunction', 'Arn'] },
        PayloadFormatVersion: '2.0',
      },
    ]);
  });

  test('let no browser in: without CORS, no page can send with a key', () => {
    expect(propertiesOf(dev, 'HttpApi')).not.toHaveProperty('CorsConfiguration');
  });

  test('are bounded, so that a sender cannot take all the concurrency of the account', () => {
    expect(propertiesOf(dev, 'HttpApiStage').DefaultRouteSettings).toMatchObject({
      ThrottlingRateLimit: 1000,
      ThrottlingBurstLimit: 2000,
    });
  });

  test('give identify less time than API Gateway waits', () => {
    expect(propertiesOf(dev, 'IdentifyLambdaFunction').Timeout).toBeLessThan(30);
  });

  test('have time to begin tries and to end them, under a lease that is longer', () => {
    for (const name of ['deliver', 'redeliver'] as const) {
      const { Timeout } = propertiesOf(dev, lambdaOf(name));
      expect(Number(Timeout) * 1000 - MAX_ATTEMPT_MS).toBeGreaterThan(25_000);
    }
    expect(ATTEMPT_LEASE_MS).toBeGreaterThan(MAX_ATTEMPT_MS);
  });

  test('run redeliver every minute, without tries of their own', () => {
    const rules = Object.values(resourcesOf(dev, 'AWS::Events::Rule'));
    expect(rules.map(({ Properties }) => Properties)).toMatchObject([
      {
        ScheduleExpression: 'rate(1 minute)',
        State: 'ENABLED',
        Targets: [{ Arn: { 'Fn::GetAtt': ['RedeliverLambdaFunction', 'Arn'] } }],
      },
    ]);
    const invocations = Object.values(resourcesOf(dev, 'AWS::Lambda::EventInvokeConfig'));
    expect(invocations.map(({ Properties }) => Properties)).toMatchObject([
      {
        FunctionName: { Ref: 'RedeliverLambdaFunction' },
        MaximumRetryAttempts: 0,
        MaximumEventAgeInSeconds: 60,
      },
    ]);
  });
});

describe('the stream', () => {
  const triggerSchema = z.object({
    FilterCriteria: z.object({ Filters: z.array(z.object({ Pattern: z.string() })) }),
    MaximumRetryAttempts: z.int(),
    MaximumRecordAgeInSeconds: z.int(),
  });

  function theTrigger() {
    const [trigger, ...others] = Object.values(resourcesOf(dev, 'AWS::Lambda::EventSourceMapping'));
    expect(others).toEqual([]);
    return trigger?.Properties;
  }

  test("brings the ledger's writes to deliver from the first one on", () => {
    expect(theTrigger()).toMatchObject({
      EventSourceArn: { 'Fn::GetAtt': ['Interactions', 'StreamArn'] },
      FunctionName: { 'Fn::GetAtt': ['DeliverLambdaFunction', 'Arn'] },
      StartingPosition: 'TRIM_HORIZON',
    });
  });

  test('brings only what is pending', () => {
    const { Filters } = triggerSchema.parse(theTrigger()).FilterCriteria;
    expect(Filters.map(({ Pattern }): unknown => JSON.parse(Pattern))).toEqual([
      { dynamodb: { NewImage: { status: { S: ['pending'] } } } },
    ]);
  });

  test('fails record by record, and gives up in finite time, into the queue', () => {
    expect(theTrigger()).toMatchObject({
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
      DestinationConfig: {
        OnFailure: { Destination: { 'Fn::GetAtt': ['UndeliveredQueue', 'Arn'] } },
      },
    });
    const { MaximumRetryAttempts, MaximumRecordAgeInSeconds } = triggerSchema.parse(theTrigger());
    expect(MaximumRetryAttempts).toBeGreaterThan(0);
    expect(MaximumRecordAgeInSeconds).toBeGreaterThanOrEqual(HOUR_SECONDS);
    expect(MaximumRecordAgeInSeconds).toBeLessThan(24 * HOUR_SECONDS);
  });

  test('gives up into a queue that is encrypted and keeps as long as a queue can', () => {
    expect(propertiesOf(dev, 'UndeliveredQueue')).toEqual({
      MessageRetentionPeriod: 14 * 24 * HOUR_SECONDS,
      SqsManagedSseEnabled: true,
    });
  });
});

describe('the roles', () => {
  test('are one a function, which only Lambda can take', () => {
    const roles = resourcesOf(prod, 'AWS::IAM::Role');
    expect(Object.keys(roles).sort()).toEqual(
      each.map((name) => `${capitalized(name)}Role`).sort(),
    );
    for (const { Properties } of Object.values(roles)) {
      expect(Properties).toMatchObject({
        AssumeRolePolicyDocument: {
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Service: 'lambda.amazonaws.com' },
              Action: 'sts:AssumeRole',
            },
          ],
        },
      });
      expect(Object.keys(Properties).sort()).toEqual(['AssumeRolePolicyDocument', 'Policies']);
    }
  });

  test.each(each)('let %s do what it does and nothing else, on no wildcard', (name) => {
    expect(allowedTo(name)).toEqual(ALLOWED[name]);
  });
});

describe('the tables', () => {
  test('have the one-per-day rule as the key of interactions', () => {
    expect(propertiesOf(dev, 'Interactions').KeySchema).toEqual([
      { AttributeName: 'contact', KeyType: 'HASH' },
      { AttributeName: 'day', KeyType: 'RANGE' },
    ]);
  });

  test('index only what is retrying or dead, by when it is due', () => {
    expect(propertiesOf(dev, 'Interactions').GlobalSecondaryIndexes).toEqual([
      {
        IndexName: 'due',
        KeySchema: [
          { AttributeName: 'queue', KeyType: 'HASH' },
          { AttributeName: 'dueAt', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ]);
  });

  test('find workspaces by the hash of their API key, and by their id', () => {
    expect(propertiesOf(dev, 'Workspaces')).toMatchObject({
      KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [
        { IndexName: 'byId', KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }] },
      ],
    });
  });

  test('stream what is written, and expire interactions', () => {
    expect(propertiesOf(dev, 'Interactions')).toMatchObject({
      StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    });
    expect(propertiesOf(dev, 'Workspaces')).not.toHaveProperty('TimeToLiveSpecification');
  });

  test('are on demand, encrypted, and can be restored to any point in time', () => {
    const tables = Object.values(resourcesOf(dev, 'AWS::DynamoDB::Table'));
    expect(tables).toHaveLength(2);
    for (const { Properties } of tables) {
      expect(Properties).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        SSESpecification: { SSEEnabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      });
    }
  });

  test('cannot be deleted in production, and go with any other stage', () => {
    for (const { Properties, ...policies } of tablesOf(prod)) {
      expect(Properties.DeletionProtectionEnabled).toBe(true);
      expect(policies).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    }
    for (const { Properties, ...policies } of tablesOf(dev)) {
      expect(Properties.DeletionProtectionEnabled).toBe(false);
      expect(policies).toMatchObject({ DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' });
    }
  });
});

describe("the deployment's secret", () => {
  test('is made by AWS, and kept when any stage goes', () => {
    for (const { resources } of [dev, prod]) {
      expect(resources.DeploymentSecret).toMatchObject({
        Type: 'AWS::SecretsManager::Secret',
        DeletionPolicy: 'Retain',
        UpdateReplacePolicy: 'Retain',
        Properties: { GenerateSecretString: { PasswordLength: 64 } },
      });
      expect(resources.DeploymentSecret?.Properties).not.toHaveProperty('SecretString');
    }
  });

  test('is in the template as a reference only, which also makes it before the functions', () => {
    for (const packaged of [dev, prod]) {
      for (const name of each) {
        expect(environmentOf(packaged, name).DEPLOYMENT_SECRET).toEqual({
          'Fn::Join': [
            '',
            ['{{resolve:secretsmanager:', { Ref: 'DeploymentSecret' }, ':SecretString:::}}'],
          ],
        });
      }
      expect(packaged.json).not.toContain('the local stack');
    }
  });
});

describe('the alarms', () => {
  const alarmSchema = z.object({
    AlarmName: z.string(),
    AlarmDescription: z.union([z.string(), z.object({ 'Fn::Sub': z.string() })]),
    Namespace: z.string(),
    MetricName: z.string(),
    Dimensions: z.array(z.object({ Name: z.string(), Value: z.unknown() })),
    Threshold: z.number(),
    EvaluationPeriods: z.number(),
    DatapointsToAlarm: z.optional(z.number()),
    TreatMissingData: z.string(),
    AlarmActions: z.unknown(),
  });

  function alarms(packaged: Packaged) {
    return Object.entries(resourcesOf(packaged, 'AWS::CloudWatch::Alarm')).map(
      ([id, { Properties }]) => ({ id, ...alarmSchema.parse(Properties) }),
    );
  }

  test('ring on what needs a person', () => {
    const ringing = alarms(dev)
      .filter(({ TreatMissingData }) => TreatMissingData === 'notBreaching')
      .map(({ id, MetricName, Threshold, EvaluationPeriods, DatapointsToAlarm }) => [
        id,
        [MetricName, Threshold, `${DatapointsToAlarm ?? EvaluationPeriods}/${EvaluationPeriods}`],
      ]);
    expect(Object.fromEntries(ringing)).toEqual(ALARMS);
  });

  test('take silence for bad news only where redeliver ought to run', () => {
    const others = alarms(dev).filter(({ id }) => !Object.hasOwn(ALARMS, id));
    expect(others).toMatchObject([
      { id: 'RedeliverStoppedAlarm', MetricName: 'Invocations', TreatMissingData: 'breaching' },
    ]);
  });

  test('watch the function that they name', () => {
    for (const { id, Namespace, Dimensions } of alarms(dev)) {
      if (Namespace !== 'AWS/Lambda') continue;
      const name = each.find((one) => id.startsWith(capitalized(one))) ?? 'deliver';
      expect(Dimensions).toEqual([{ Name: 'FunctionName', Value: { Ref: lambdaOf(name) } }]);
    }
  });

  test("count the metrics of their own stage, by the name that its functions' metrics have", () => {
    for (const packaged of [dev, prod]) {
      const service = `nat-destination-${packaged.stage}`;
      const own = alarms(packaged).filter(({ Namespace }) => Namespace === 'NatDestination');
      expect(own).toHaveLength(4);
      for (const { Dimensions } of own) {
        expect(Dimensions).toEqual([{ Name: 'service', Value: service }]);
      }
      for (const name of each) {
        expect(environmentOf(packaged, name).POWERTOOLS_SERVICE_NAME).toBe(service);
      }
    }
  });

  test('say what to run on their own stage, in commands that there are', () => {
    for (const { AlarmName, AlarmDescription, AlarmActions } of alarms(prod)) {
      const text =
        typeof AlarmDescription === 'string' ? AlarmDescription : AlarmDescription['Fn::Sub'];
      expect(AlarmName).toMatch(/^nat-destination-prod-/);
      expect(text.length, AlarmName).toBeLessThanOrEqual(1024);
      expect(text, AlarmName).toMatch(/\b(npm run operate|serverless|aws) /);
      expect(text.match(/--stage (?!prod\b)/), AlarmName).toBeNull();
      for (const [, command] of text.matchAll(/npm run operate -- (\S+)/g)) {
        expect(Object.keys(commands)).toContain(command);
      }
      expect(AlarmActions).toEqual([{ Ref: 'AlarmTopic' }]);
    }
  });

  test('are mailed only if there is an address', () => {
    expect(prod.resources.AlarmEmail).toMatchObject({
      Condition: 'HasAlarmEmail',
      Properties: { Protocol: 'email', Endpoint: 'operator@example.com' },
    });
    expect(conditionOf(prod)).toEqual(['operator@example.com', '']);
    expect(conditionOf(dev)).toEqual(['', '']);
  });

  function conditionOf({ conditions }: Packaged) {
    const schema = z.object({
      'Fn::Not': z.tuple([z.object({ 'Fn::Equals': z.array(z.string()) })]),
    });
    return schema.parse(conditions.HasAlarmEmail)['Fn::Not'][0]['Fn::Equals'];
  }
});

test('the dashboard shows the way of an event, of its own stage', () => {
  const { 'Fn::Sub': text } = z
    .object({ 'Fn::Sub': z.string() })
    .parse(propertiesOf(prod, 'Dashboard').DashboardBody);
  const body = z
    .object({ widgets: z.array(z.object({ properties: z.object({ metrics: z.unknown() }) })) })
    .parse(JSON.parse(text));
  const shown = JSON.stringify(body);
  for (const metric of [
    ...['accepted', 'duplicate', 'rejected', 'ignored', 'failed', 'delivered', 'retrying', 'dead'],
    ...['natLatency', 'p50', 'p99', 'oldestUndelivered', 'Errors', 'Duration'],
    ...['ReadThrottleEvents', 'WriteThrottleEvents'],
  ]) {
    expect(shown).toContain(`"${metric}"`);
  }
  expect(shown).toContain('"nat-destination-prod"');
  for (const [, id = ''] of text.matchAll(/\$\{([A-Za-z]+)[.}]/g)) {
    expect(Object.keys(prod.resources)).toContain(id);
  }
});

function lambdaOf(name: FunctionName): string {
  return `${capitalized(name)}LambdaFunction`;
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function environmentOf(packaged: Packaged, name: FunctionName): Record<string, unknown> {
  const schema = z.object({ Variables: z.record(z.string(), z.unknown()) });
  return schema.parse(propertiesOf(packaged, lambdaOf(name)).Environment).Variables;
}

function tablesOf(packaged: Packaged) {
  return Object.values(resourcesOf(packaged, 'AWS::DynamoDB::Table'));
}

/** Every action of a function's role, by what it is allowed on. */
function allowedTo(name: FunctionName): Record<string, string[]> {
  const schema = z.array(
    z.strictObject({
      PolicyName: z.string(),
      PolicyDocument: z.strictObject({
        Version: z.literal('2012-10-17'),
        Statement: z.array(
          z.strictObject({
            Effect: z.literal('Allow'),
            Action: z.array(z.string()),
            Resource: z.union([
              z.strictObject({ 'Fn::GetAtt': z.array(z.string()) }),
              z.strictObject({ 'Fn::Sub': z.string() }),
            ]),
          }),
        ),
      }),
    }),
  );
  const policies = schema.parse(propertiesOf(prod, `${capitalized(name)}Role`).Policies);
  const statements = policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  const allowed: Record<string, string[]> = {};
  for (const { Action, Resource } of statements) {
    const on = 'Fn::Sub' in Resource ? Resource['Fn::Sub'] : Resource['Fn::GetAtt'].join('.');
    allowed[on] = [...(allowed[on] ?? []), ...Action].sort();
  }
  return allowed;
}
