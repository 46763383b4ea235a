import { type Command, InvalidArgumentError, Option } from 'commander';

/** Each port of the stack: its option, its variable, its default, and its help. */
const PORTS = [
  ['--port', 'API_PORT', 3000, 'port of the API'],
  ['--nat-port', 'NAT_PORT', 4000, 'port of the Nat sandbox and its page'],
  ['--lambda-port', 'LAMBDA_PORT', 3002, 'port for npm run operate, which reads LAMBDA_PORT'],
] as const;

const ENVIRONMENT = `
Environment:
  DYNAMODB_ENDPOINT      address of a DynamoDB Local that already runs
                         (default: an embedded DynamoDB, in memory)`;

/**
 * Gives a command the options of the local stack. The environment sets them as well, because
 * `npm run operate` and `npm run send` read the same variables.
 *
 * @returns the command, whose `opts()` are `StackPorts` and its own options
 */
export function withStackOptions(command: Command): Command {
  for (const [flag, variable, port, help] of PORTS) {
    command.addOption(
      new Option(`${flag} <port>`, help).env(variable).default(port).argParser(parsePort),
    );
  }
  return command
    .allowExcessArguments(false)
    .showHelpAfterError('--help lists the options.')
    .addHelpText('after', ENVIRONMENT);
}

/** The ports of a stack. */
export interface StackPorts {
  port: number;
  natPort: number;
  lambdaPort: number;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new InvalidArgumentError('Expected a port from 1 to 65535.');
}
