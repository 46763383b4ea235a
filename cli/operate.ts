import { parseArgs } from 'node:util';
import { LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod/mini';
import { commands } from '../lib/operator/commands.ts';
import { invoke, lambdaClient } from './lambda.ts';
import { runToCompletion } from './run-to-completion.ts';

const LOCAL = 'local';
/** Where `serverless.yml` deploys unless it is told otherwise. */
const DEFAULT_REGION = 'eu-central-1';

/** A command's fields, with what is said of each. */
const fieldsSchema = z.object({
  properties: z.optional(
    z.record(
      z.string(),
      z.object({ type: z.optional(z.string()), description: z.optional(z.string()) }),
    ),
  ),
  required: z.optional(z.array(z.string())),
});

type Command = (typeof commands)[keyof typeof commands];

const [name = '--help', ...args] = process.argv.slice(2);
try {
  process.stdout.write(isHelp([name]) ? helpOfAll() : await run(name, args));
} catch (error) {
  process.stderr.write(`${problemIn(error)}\n`);
  process.exitCode = 1;
}

async function run(name: string, args: string[]): Promise<string> {
  const command = Object.entries(commands).find(([known]) => known === name)?.[1];
  if (command === undefined) throw new Error(`there is no command ${name}\n\n${helpOfAll()}`);
  if (isHelp(args)) return helpOf(name, command);
  const { stage, input } = inputFrom(command, args);
  const functionName = `nat-destination-${stage}-operate`;
  const lambda = clientFor(stage);
  const call = (fields: object) => invoke(lambda, functionName, { command: name, ...fields });
  const answer = await runToCompletion(call, input).catch((error: Error) =>
    Promise.reject(inFlags(error)),
  );
  lambda.destroy();
  return `${JSON.stringify(answer, null, 2)}\n`;
}

function inputFrom(command: Command, args: string[]) {
  const fields = fieldsOf(command);
  const byFlag = new Map(fields.map((field) => [flagOf(field.field), field]));
  const options = Object.fromEntries([
    ['stage', { type: 'string' as const }],
    ...fields.map(({ field, type }) => [flagOf(field), { type }] as const),
  ]);
  const { stage = LOCAL, ...values } = parseArgs({ args, options }).values;
  const input = Object.fromEntries(
    Object.entries(values).map(([flag, value]) => {
      const { field = flag, isJson = false } = byFlag.get(flag) ?? {};
      return [field, isJson ? parseJson(flag, String(value)) : value];
    }),
  );
  const missing = fields.find(({ field, required }) => required && !(field in input));
  if (missing !== undefined) throw new Error(`--${flagOf(missing.field)}: is required`);
  return { stage: String(stage), input };
}

/** The function names a field as JSON does; here it is a flag. */
function inFlags(error: Error): Error {
  const message = error.message.replace(
    /(^|; )(\w+): /g,
    (_, before: string, field: string) => `${before}--${flagOf(field)}: `,
  );
  return new Error(message, { cause: error });
}

function parseJson(flag: string, json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new Error(`--${flag}: expected JSON`);
  }
}

/** The local stack's stand-in for Lambda, else the account that the AWS environment names. */
function clientFor(stage: string): LambdaClient {
  return stage === LOCAL
    ? lambdaClient(Number(process.env.LAMBDA_PORT ?? 3002))
    : new LambdaClient({ region: process.env.AWS_REGION ?? DEFAULT_REGION });
}

function fieldsOf({ input }: Command) {
  const schema = fieldsSchema.parse(z.toJSONSchema(input, { unrepresentable: 'any', io: 'input' }));
  return Object.entries(schema.properties ?? {}).map(([field, { type, description = '' }]) => ({
    field,
    type: type === 'boolean' ? ('boolean' as const) : ('string' as const),
    isJson: type === 'object',
    description,
    required: schema.required?.includes(field) ?? false,
  }));
}

function flagOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function isHelp(args: string[]): boolean {
  return args.includes('--help') || args.includes('-h');
}

function helpOfAll(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(
    ([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`,
  );
  return `npm run operate -- COMMAND [--stage STAGE] [--FIELD VALUE …]

${lines.join('\n')}

  --stage STAGE  a deployment; without it the local stack, which npm start runs
  COMMAND --help lists what a command takes
`;
}

function helpOf(name: string, command: Command): string {
  const fields = fieldsOf(command);
  const width = Math.max(0, ...fields.map(({ field }) => flagOf(field).length));
  const lines = fields.map(
    ({ field, description, required }) =>
      `  --${flagOf(field).padEnd(width)}  ${description}${required ? ' (required)' : ''}`,
  );
  return `npm run operate -- ${name}: ${command.summary}\n\n${lines.join('\n')}\n`;
}

function problemIn(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause: unknown = error.cause ?? error;
  const refused = cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED';
  return refused
    ? 'the local stack does not run: npm start (LAMBDA_PORT if it is not 3002)'
    : error.message;
}
