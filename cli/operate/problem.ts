import { commands } from '../../lib/operator/commands.ts';
import { FunctionError } from '../lambda.ts';
import { LOCAL } from './deployment.ts';
import { fieldsOf, flagOf } from './options.ts';

/** The local stack calls every error `Error`. */
const WITHOUT_NAME = ['OperatorError', 'OwnError', 'Error'];

/** Says in a line what went wrong. An error of AWS is shown as it is. */
export function problemIn(error: unknown, stage: string): string {
  if (!(error instanceof Error)) return String(error);
  const cause: unknown = error.cause ?? error;
  const isRefused = cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED';
  if (isRefused && stage === LOCAL) {
    return 'the local stack is not running: start it with npm start, and set LAMBDA_PORT if it is not 3002';
  }
  if (error instanceof FunctionError) {
    const { type, message } = error;
    return WITHOUT_NAME.includes(type) ? inFlags(message) : `${type}: ${message}`;
  }
  return error.name === 'Error' ? error.message : `${error.name}: ${error.message}`;
}

/** The function names a field as JSON does. Here it is an option. */
function inFlags(message: string): string {
  const names = Object.keys(commands) as (keyof typeof commands)[];
  const fields = new Set(names.flatMap((name) => fieldsOf(name).map(({ field }) => field)));
  fields.add('from');
  return message
    .replace(/(^|; )(\w+): /g, (all, before: string, field: string) =>
      fields.has(field) ? `${before}${flagOf(field)}: ` : all,
    )
    .replace(/\b[a-z]+(?:[A-Z][a-z]+)+\b/g, (word) => (fields.has(word) ? flagOf(word) : word));
}
