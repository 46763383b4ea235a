import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { inject } from 'vitest';
import { writeSettings } from '../deployment/service-copy.ts';
import { REGION } from './cloud.ts';
import { natUrl, service } from './workplace.ts';

/** How a command ended. */
interface Result {
  code: number | null;
  /** What it printed, to either output. */
  output: string;
}

const { endpoint, env } = inject('cloud');
const credentials = {
  accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
  secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
};
const config = { region: REGION, endpoint, credentials };

/** The clients of the SDK, for what is deployed. */
export const cloudFormation = new CloudFormationClient(config);
export const dynamodb = new DynamoDBClient(config);
export const lambda = new LambdaClient(config);

/** For SQS, the AWS CLI does not take the address from the environment. */
const AWS_CLI = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }';

/** Runs a command of a shell in the copy of the project, as an operator would. */
export async function run(command: string, more: NodeJS.ProcessEnv = {}): Promise<Result> {
  const child = spawn('bash', ['-c', `exec 2>&1; ${AWS_CLI}; ${command}`], {
    cwd: service,
    env: { ...env, ...more },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const output = await text(child.stdout);
  const [code] = await ended;
  return { code, output };
}

/**
 * Runs a command that has to succeed, and returns what it printed.
 *
 * @throws {Error} with its output if it fails
 */
export async function succeeds(command: string, more: NodeJS.ProcessEnv = {}): Promise<string> {
  const { code, output } = await run(command, more);
  if (code !== 0) throw new Error(`${command}\nended with ${code}:\n${output}`);
  return output;
}

/** The command that sets the address of Nat, as a deployment without one prints it. */
export function setNatAddress(stage: string, address: string): Promise<string> {
  const input = { Name: `/nat-destination/${stage}/nat-api-url`, Type: 'String', Value: address };
  return succeeds(
    `aws ssm put-parameter --region ${REGION} --overwrite --cli-input-json '${JSON.stringify(input)}'`,
  );
}

/** Deploys a stage with these settings, to the Nat sandbox. */
export async function deploy(stage: string, settings: object): Promise<string> {
  await writeSettings(service, stage, settings);
  await setNatAddress(stage, `${natUrl}/identify`);
  return succeeds(`npm run deploy -- --stage ${stage}`);
}

/** The names of the stacks that exist. */
export async function stacks(): Promise<(string | undefined)[]> {
  const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand());
  return Stacks.map(({ StackName }) => StackName);
}

/** Where the senders of a stage post. */
export async function apiUrlOf(stage: string, region = REGION): Promise<string> {
  const StackName = `nat-destination-${stage}`;
  const client = new CloudFormationClient({ ...config, region });
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
  client.destroy();
  const id = Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === 'HttpApiId')?.OutputValue;
  return `${endpoint}/_aws/execute-api/${id}/$default`;
}
