import { readFile } from 'node:fs/promises';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { beforeAll, expect, it } from 'vitest';
import { writeSettings } from '../deployment/service-copy.ts';
import { deploy, lambda, run, setNatAddress, stacks, succeeds } from './operator.ts';
import { service } from './workplace.ts';

const STAGE = 'production';
const STACK = `nat-destination-${STAGE}`;
const SETTINGS = { alarmEmail: 'operator@nat.example' };

beforeAll(() => deploy(STAGE, SETTINGS));

it('a deployment prints the setting that changes, and changes it', async () => {
  const output = await deploy(STAGE, { ...SETTINGS, retentionDays: 400 });
  expect(output).toContain(
    '~ IdentifyLambdaFunction.Properties.Environment.Variables.RETENTION_DAYS: none → 400',
  );
  expect(await variable('RETENTION_DAYS')).toBe('400');
});

it('a deployment that would keep interactions for longer is refused, and changes nothing', async () => {
  await writeSettings(service, STAGE, SETTINGS);
  const { code, output } = await run(`npm run deploy -- --stage ${STAGE}`);
  expect(code).toBe(1);
  expect(output).toContain('The deployment keeps interactions for 400 days.');
  expect(await variable('RETENTION_DAYS')).toBe('400');
});

it('a deployment without the address for alarms is refused', async () => {
  await writeSettings(service, STAGE, { retentionDays: 400 });
  expect(await run(`npm run deploy -- --stage ${STAGE}`)).toMatchObject({
    code: 1,
    output: expect.stringContaining('alarmEmail: is required'),
  });
});

it('another address of Nat needs nothing but a deployment', async () => {
  await writeSettings(service, STAGE, { ...SETTINGS, retentionDays: 400 });
  await setNatAddress(STAGE, 'https://new.nat.example/identify');
  const output = await succeeds(`npm run deploy -- --stage ${STAGE}`);
  expect(output).toMatch(/NAT_API_URL: .* → https:\/\/new.nat.example\/identify/);
  expect(await variable('NAT_API_URL')).toBe('https://new.nat.example/identify');
});

it('a rollback goes back to a version that it lists', async () => {
  const list = await succeeds(`npx serverless rollback --stage ${STAGE}`);
  const [, first] = /Timestamp: (\d+)/.exec(list) ?? [];
  await succeeds(`npx serverless rollback --stage ${STAGE} --timestamp ${first}`);
  expect(await variable('RETENTION_DAYS')).toBe('');
});

it('a protected stage cannot be removed, whatever its name is', async () => {
  const { code, output } = await run(`npx serverless remove --stage ${STAGE}`);
  expect(code).toBe(1);
  expect(output).toContain('deletion protection is enabled');
  expect(await stacks()).toContain(STACK);
  // The packages are still there too.
  expect(await succeeds(`npx serverless deploy list --stage ${STAGE}`)).toContain('identify.zip');
});

it('the data of a stage can be exported with the documented commands', async () => {
  const document = await readFile(new URL('../../docs/deploy.md', import.meta.url), 'utf8');
  const [, commands = ''] = /To keep the data.*?```sh\n(.*?)```/s.exec(document) ?? [];
  await succeeds('aws --region eu-central-1 s3 mb s3://exported');
  const output = await succeeds(
    `set -e; ${commands.replace('BUCKET', 'exported').replaceAll('-prod-', `-${STAGE}-`)}`,
  );
  expect(output.trim().split('\n')).toEqual(['"IN_PROGRESS"', '"IN_PROGRESS"']);
});

it('a protected stage can be removed after its settings say that it is throw-away', async () => {
  const output = await deploy(STAGE, { throwAway: true });
  expect(output).toContain('~ Interactions.DeletionPolicy: RetainExceptOnCreate → Delete');
  await succeeds(`npx serverless remove --stage ${STAGE}`);
  expect(await stacks()).not.toContain(STACK);
});

/** What `identify` finds in its environment. */
async function variable(name: string): Promise<string | undefined> {
  const { Environment } = await lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: `${STACK}-identify` }),
  );
  return Environment?.Variables?.[name];
}
