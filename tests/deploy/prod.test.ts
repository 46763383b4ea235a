import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeSettings } from '../deployment/service-copy.ts';
import { apiUrlOf, cloudFormation, dynamodb, lambda, run, stacks, succeeds } from './operator.ts';
import { addSender, type Sender, setFault } from './sender.ts';
import { natUrl, service } from './workplace.ts';

const STACK = 'nat-destination-prod';
const KEY = 'the-api-key-of-acme';
const TAGS = [
  { Key: 'service', Value: 'nat-destination' },
  { Key: 'stage', Value: 'prod' },
];

describe('the first deployment of prod', () => {
  it('is refused without its settings, and creates nothing', async () => {
    const { code, output } = await run('npm run deploy -- --stage prod');
    expect(code).toBe(1);
    expect(output).toContain('stages/prod.yml: alarmEmail: is required');
    expect(output).toContain('/nat-destination/prod/nat-api-url is missing');
    expect(await stacks()).not.toContain(STACK);
  });

  it('succeeds once the printed command is run and alarmEmail is set', async () => {
    const refused = await run('npm run deploy -- --stage prod');
    const [, command = ''] = /Run: (aws ssm .*)/.exec(refused.output) ?? [];
    await succeeds(command.replace('https://…', `${natUrl}/identify`));
    await writeSettings(service, 'prod', { alarmEmail: 'operator@nat.example' });
    const output = await succeeds('npm run deploy -- --stage prod');
    expect(output).toContain('This is the first deployment of the stage.');
    expect(await stacks()).toContain(STACK);
  });

  it('protects the stack and the tables, and gives both their tags', async () => {
    const { Stacks: [stack] = [] } = await cloudFormation.send(
      new DescribeStacksCommand({ StackName: STACK }),
    );
    expect(stack?.EnableTerminationProtection).toBe(true);
    expect(stack?.Tags).toEqual(expect.arrayContaining(TAGS));
    for (const TableName of [`${STACK}-interactions`, `${STACK}-workspaces`]) {
      const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
      expect(Table?.DeletionProtectionEnabled).toBe(true);
      const tags = await succeeds(
        `aws dynamodb list-tags-of-resource --region eu-central-1 --resource-arn ${Table?.TableArn}`,
      );
      expect(JSON.parse(tags).Tags).toEqual(expect.arrayContaining(TAGS));
    }
  });

  it('starts the trigger of deliver', async () => {
    const { EventSourceMappings: [trigger] = [] } = await lambda.send(
      new ListEventSourceMappingsCommand({ FunctionName: `${STACK}-deliver` }),
    );
    expect(trigger).toMatchObject({ State: 'Enabled', MaximumRecordAgeInSeconds: 84_600 });
  });
});

describe('a sender', () => {
  let sender: Sender;
  beforeAll(async () => {
    sender = await addSender('prod', 'acme', KEY);
  });

  it('gets the answers that the smoke test expects', async () => {
    const url = await apiUrlOf('prod');
    const output = await succeeds(`npm run smoke -- --url '${url}'`, { API_KEY: KEY });
    expect(output).toContain('Everything is right.');
  });

  it('puts one interaction on the timeline', async () => {
    expect(await sender.send('peter@example.com')).toEqual({ status: 'accepted' });
    expect(await sender.send('peter@example.com')).toEqual({ status: 'duplicate' });
    await expect.poll(() => sender.timeline('peter@example.com')).toHaveLength(1);
  });

  it('loses nothing while Nat is down: the schedule delivers it afterwards', async () => {
    await setFault({ rate: 1, status: 503 });
    expect(await sender.send('mary@example.com')).toEqual({ status: 'accepted' });
    await expect.poll(() => sender.statusOf('mary@example.com')).toBe('retrying');
    await setFault(undefined);
    await expect.poll(() => sender.timeline('mary@example.com')).toHaveLength(1);
    await expect.poll(() => sender.statusOf('mary@example.com')).toBe('delivered');
  });
});
