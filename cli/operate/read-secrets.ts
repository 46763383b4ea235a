import { text } from 'node:stream/consumers';
import type { CommandName } from '../../lib/operator/commands.ts';
import { fieldsOf, flagOf } from './options.ts';

const FROM_STANDARD_INPUT = '-';
const FROM_ENVIRONMENT = 'env:';

/** What `--help` says about secrets. */
export const SECRETS_HELP = `A [secret] is also read from standard input (-) or from a variable of the environment (env:NAME):
  --api-key -             reads standard input
  --api-key env:API_KEY   reads the variable API_KEY`;

/**
 * Reads the secrets that a command line refers to. A secret that is written out in a command stays
 * in the shell's history, and other users of the machine can see it.
 *
 * @param input the fields of a command
 * @returns the fields with the secrets themselves
 * @throws {Error} if a variable is not set, or two secrets are to come from standard input
 */
export async function readSecrets(
  name: CommandName,
  input: Record<string, unknown>,
  env: NodeJS.ProcessEnv,
  stdin: NodeJS.ReadableStream,
): Promise<Record<string, unknown>> {
  const secrets = fieldsOf(name).filter(({ field, isSecret }) => isSecret && field in input);
  const fromInput = secrets.filter(({ field }) => input[field] === FROM_STANDARD_INPUT);
  if (fromInput.length > 1) {
    const flags = fromInput.map(({ field }) => flagOf(field)).join(' and ');
    throw new Error(`${flags}: only one of them can be read from standard input`);
  }
  const read = { ...input };
  for (const { field } of secrets) {
    const value = String(input[field]);
    if (value === FROM_STANDARD_INPUT) {
      read[field] = (await text(stdin)).replace(/\r?\n$/, '');
    } else if (value.startsWith(FROM_ENVIRONMENT)) {
      read[field] = readVariable(value.slice(FROM_ENVIRONMENT.length), field, env);
    }
  }
  return read;
}

function readVariable(variable: string, field: string, env: NodeJS.ProcessEnv): string {
  const value = env[variable];
  if (value !== undefined && value !== '') return value;
  throw new Error(`${flagOf(field)}: the variable ${variable} is not set`);
}
