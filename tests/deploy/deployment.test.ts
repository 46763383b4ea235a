import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { type Sandbox, startSandbox } from '../../offline/sandbox/server.ts';
import { writeSettings } from '../deployment/service-copy.ts';
import { type Cloud, startCloud } from './cloud.ts';

const SETTINGS = { alarmEmail: 'operator@nat.example' };
const KEY = 'the-api-key-of-acme';
const TABLES = ['nat-destination-prod-interactions', 'nat-destination-prod-workspaces'];

let cloud: Cloud;
let sandbox: Sandbox;
let cloudFormation: CloudFormationClient;
let dynamodb: DynamoDBClient;
let lambda: LambdaClient;
/** Where the senders of prod post. */
let apiUrl: string;

beforeAll(async () => {
  [cloud, sandbox] = await Promise.all([startCloud(), startSandbox({ port: 0 })]);
  cloudFormation = new CloudFormationClient(cloud.config);
  dynamodb = new DynamoDBClient(cloud.config);
  lambda = new LambdaClient(cloud.config);
});
afterAll(async () => {
  for (const client of [cloudFormation, dynamodb, lambda]) client?.destroy();
  await Promise.all([cloud?.stop(), sandbox?.close()]);
});

describe('the first deployment of prod', () => {
  it('is refused without its settings, and creates nothing', async () => {
    const { code, output } = await deploy('prod');
    expect(code).toBe(1);
    expect(output).toContain('stages/prod.yml: alarmEmail: is required');
    expect(output).toContain('/nat-destination/prod/nat-api-url is missing');
    expect(await stacks()).toEqual([]);
  });

  it('works once the printed command is run and alarmEmail is set', async () => {
    const refused = await deploy('prod');
    const [, command = ''] = /Run: (aws ssm .*)/.exec(refused.output) ?? [];
    await succeeds(command.replace('https://…', `${sandbox.url}/identify`));
    await writeSettings(cloud.service, 'prod', SETTINGS);
    expect(await succeeds('npm run deploy -- --stage prod')).toContain(
      'This is the first deployment',
    );
    expect(await stacks()).toEqual(['nat-destination-prod']);
    const { HttpApiId = '' } = await outputs('nat-destination-prod');
    apiUrl = `${cloud.config.endpoint}/_aws/execute-api/${HttpApiId}/$default`;
  });

  it('is protected: its stack, its tables, and everything has its tags', async () => {
    const { Stacks: [stack] = [] } = await cloudFormation.send(
      new DescribeStacksCommand({ StackName: 'nat-destination-prod' }),
    );
    expect(stack?.EnableTerminationProtection).toBe(true);
    expect(stack?.Tags).toEqual(
      expect.arrayContaining([
        { Key: 'service', Value: 'nat-destination' },
        { Key: 'stage', Value: 'prod' },
      ]),
    );
    for (const TableName of TABLES) {
      const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
      expect(Table?.DeletionProtectionEnabled).toBe(true);
    }
  });

  it('has a running trigger for deliver', async () => {
    const { EventSourceMappings: [trigger] = [] } = await lambda.send(
      new ListEventSourceMappingsCommand({ FunctionName: 'nat-destination-prod-deliver' }),
    );
    expect(trigger).toMatchObject({ State: 'Enabled', MaximumRecordAgeInSeconds: 84_600 });
  });
});

describe('a sender', () => {
  it('gets the answers that the smoke test expects', async () => {
    await succeeds(
      'npm run operate -- workspace.add --stage prod --workspace acme --name Acme --api-key env:KEY',
      { KEY },
    );
    const output = await succeeds(`npm run smoke -- --url '${apiUrl}'`, { API_KEY: KEY });
    expect(output).toContain('Everything is right.');
  });

  it('puts one interaction on the timeline', async () => {
    expect(await send('peter@example.com')).toEqual({ status: 'accepted' });
    expect(await send('peter@example.com')).toEqual({ status: 'duplicate' });
    await expect.poll(() => timeline('peter@example.com')).toHaveLength(1);
  });

  it('loses nothing while Nat is down: the schedule delivers it afterwards', async () => {
    await setFault({ rate: 1, status: 503 });
    expect(await send('mary@example.com')).toEqual({ status: 'accepted' });
    await expect.poll(() => statusOf('mary@example.com')).toBe('retrying');
    await setFault(undefined);
    await expect.poll(() => timeline('mary@example.com')).toHaveLength(1);
    await expect.poll(() => statusOf('mary@example.com')).toBe('delivered');
  });
});

/** Deploys a stage. */
function deploy(stage: string, options = '') {
  return cloud.run(`npm run deploy -- --stage ${stage} ${options}`);
}

/** Runs a command that has to succeed, and returns what it printed. */
async function succeeds(command: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { code, output } = await cloud.run(command, env);
  if (code !== 0) throw new Error(`${command}\nended with ${code}:\n${output}`);
  return output;
}

/** The names of the stacks that exist. */
async function stacks() {
  const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand());
  return Stacks.map(({ StackName }) => StackName);
}

async function outputs(StackName: string): Promise<Record<string, string | undefined>> {
  const { Stacks: [stack] = [] } = await cloudFormation.send(
    new DescribeStacksCommand({ StackName }),
  );
  return Object.fromEntries(
    (stack?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
  );
}

/** Sends an event of today. */
async function send(email: string): Promise<unknown> {
  const response = await fetch(`${apiUrl}/v1/identify`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      type: 'identify',
      timestamp: new Date().toISOString(),
      traits: { email },
      page: { url: 'https://example.com' },
    }),
  });
  return response.json();
}

async function timeline(email: string): Promise<unknown[]> {
  const authorization = `Basic ${btoa(`${KEY}:`)}`;
  const response = await fetch(`${sandbox.url}/timelines/${email}`, { headers: { authorization } });
  if (response.status === 404) return [];
  return z.object({ interactions: z.array(z.unknown()) }).parse(await response.json()).interactions;
}

async function setFault(fault: object | undefined): Promise<void> {
  await fetch(`${sandbox.url}/faults`, {
    method: fault === undefined ? 'DELETE' : 'PUT',
    headers: { 'content-type': 'application/json' },
    ...(fault && { body: JSON.stringify(fault) }),
  });
}

async function statusOf(email: string): Promise<string | undefined> {
  const output = await succeeds(
    `npm run --silent operate -- interactions.show --stage prod --workspace acme --email ${email} --json`,
  );
  return /"status": "(\w+)"/.exec(output)?.[1];
}
