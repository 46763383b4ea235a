import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { writeSettings } from '../deployment/service-copy.ts';
import { REGION } from './cloud.ts';
import { deploy, run, setNatAddress, stacks, succeeds } from './operator.ts';
import { natUrl, service } from './workplace.ts';

it('a stage that is removed leaves nothing', async () => {
  await deploy('try', { throwAway: true });
  expect(await leftOf('try')).not.toEqual([]);
  await succeeds('npx serverless remove --stage try');
  expect(await leftOf('try')).toEqual([]);
});

it('the stage of the laptop cannot be deployed', async () => {
  const { code, output } = await run('npm run deploy -- --stage local');
  expect(code).toBe(1);
  expect(output).toContain('local is the stage of npm start');
});

it('a failed first deployment can be repeated after the documented commands', async () => {
  const settings = { alarmEmail: 'operator@nat.example' };
  const file = join(service, 'resources/queue.yml');
  const good = await readFile(file, 'utf8');
  const broken = { Type: 'AWS::Nothing::AtAll', DependsOn: ['Interactions', 'Workspaces'] };
  onTestFinished(() => writeFile(file, good));
  await writeFile(file, `${good}  Broken: ${JSON.stringify(broken)}\n`);
  await expect(deploy('second', settings)).rejects.toThrow('AWS::Nothing::AtAll');
  await writeFile(file, good);
  // DynamoDB refuses to delete them when CloudFormation rolls back. MiniStack does not.
  for (const table of ['interactions', 'workspaces']) {
    await succeeds(
      `aws dynamodb create-table --region ${REGION} --table-name nat-destination-second-${table} ` +
        '--billing-mode PAY_PER_REQUEST --deletion-protection-enabled ' +
        '--attribute-definitions AttributeName=k,AttributeType=S --key-schema AttributeName=k,KeyType=HASH',
    );
  }

  await expect(deploy('second', settings)).rejects.toThrow(
    'These tables are left from an earlier deployment: nat-destination-second-interactions',
  );
  const document = await readFile(new URL('../../docs/deploy.md', import.meta.url), 'utf8');
  const [, commands = ''] =
    /## If the first deployment fails.*?```sh\n(.*?)```/s.exec(document) ?? [];
  await succeeds(`set -e; ${commands.replaceAll('-prod-', '-second-')}`);
  expect(await deploy('second', settings)).toContain('Service deployed');
});

it('who deploys needs only the rights in the policy', async () => {
  const policy = await readFile(
    new URL('../../resources/deployer-policy.json', import.meta.url),
    'utf8',
  );
  await succeeds('aws --region eu-central-1 iam create-user --user-name deployer');
  await succeeds(
    `aws --region eu-central-1 iam put-user-policy --user-name deployer --policy-name deploy --policy-document '${policy.replaceAll('ACCOUNT', '000000000000')}'`,
  );
  const { AccessKey } = JSON.parse(
    await succeeds('aws --region eu-central-1 iam create-access-key --user-name deployer'),
  );
  const deployer = {
    AWS_ACCESS_KEY_ID: AccessKey.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: AccessKey.SecretAccessKey,
  };
  // The policy of the bucket denies http, which MiniStack speaks.
  const file = join(service, 'serverless.yml');
  const yaml = await readFile(file, 'utf8');
  onTestFinished(() => writeFile(file, yaml));
  await writeFile(file, yaml.replace('blockPublicAccess: true', '$&\n    skipPolicySetup: true'));
  await writeSettings(service, 'third', { throwAway: true });
  await setNatAddress('third', `${natUrl}/identify`);
  await succeeds('npm run deploy -- --stage third', deployer);
  await succeeds('npm run operate -- workspace.list --stage third', deployer);
  await succeeds('npx serverless logs -f operate --stage third', deployer);
  await succeeds('npx serverless rollback --stage third', deployer);
  expect(
    await run('aws --region eu-central-1 s3 mb s3://of-somebody-else', deployer),
  ).toMatchObject({ code: 1 });
  await succeeds('npx serverless remove --stage third', deployer);
});

/** The lines of everything that has the name of a stage. */
async function leftOf(stage: string): Promise<unknown[]> {
  const lists = [
    'dynamodb list-tables',
    'secretsmanager list-secrets',
    'logs describe-log-groups',
    'lambda list-functions',
    'iam list-roles',
    'sns list-topics',
    'sqs list-queues',
    's3api list-buckets',
    'cloudwatch describe-alarms',
    'events list-rules',
  ].map((command) => succeeds(`aws ${command} --region ${REGION}`));
  const lines = (await Promise.all(lists)).join('\n').split('\n');
  return [...lines, ...(await stacks())].filter((line = '') => line.includes(`-${stage}`));
}
