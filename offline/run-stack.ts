import { readDynamoDBAddress } from './database.ts';
import type { StackPorts } from './options.ts';
import { checkPorts } from './ports.ts';
import { SettingError } from './setting-error.ts';
import type { Stack } from './stack.ts';

const PARENT_CHECK_MS = 500;

/** What a command of the command line does with a stack. */
export interface StackRun {
  ports: StackPorts;
  /** Called with each line that the functions print. */
  onLine: (line: string) => void;
  /**
   * Called when the stack is ready. The stack stops when this is over.
   *
   * @param stopped is resolved when the user stops the command
   */
  use: (stack: Stack, stopped: Promise<void>) => Promise<void>;
}

/** Runs a local stack and ends the process. A setting that cannot work ends it with status 1. */
export async function runStack({ ports, onLine, use }: StackRun): Promise<void> {
  try {
    const { port: apiPort, natPort, lambdaPort } = ports;
    await checkPorts({ '--port': apiPort, '--nat-port': natPort, '--lambda-port': lambdaPort });
    const dynamodb = readDynamoDBAddress(process.env);
    const database = dynamodb === undefined ? 'an embedded DynamoDB' : dynamodb.endpoint;
    print(`Starting the API and the Nat sandbox with ${database} …`);
    // Loaded late, so that a wrong setting is answered at once.
    const { startStack } = await import('./stack.ts');
    const stack = await startStack({ apiPort, natPort, lambdaPort, dynamodb, onLine });
    try {
      await use(stack, untilStopped());
    } finally {
      await stack.stop();
    }
    process.exit();
  } catch (error) {
    if (!(error instanceof SettingError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

/** Prints a line for the user. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Waits for Ctrl-C, or for the end of npm, whose shell does not pass signals on. */
function untilStopped(): Promise<void> {
  const parent = process.ppid;
  return new Promise((resolve) => {
    process.once('SIGINT', resolve).once('SIGTERM', resolve);
    if (process.env.npm_lifecycle_event === undefined) return;
    setInterval(() => process.ppid !== parent && resolve(), PARENT_CHECK_MS);
  });
}
