import { LOCAL_API_KEY } from '../cli/local-stack.ts';
import { readDynamoDBAddress } from './database.ts';
import { SettingError } from './setting-error.ts';
import { startStack } from './stack.ts';

const PARENT_CHECK_MS = 500;
const HELP = `npm start runs the whole system on this machine. Ctrl-C stops it.

Environment variables:
  API_PORT           port of the API                          (default 3000)
  NAT_PORT           port of the Nat sandbox and its page     (default 4000)
  LAMBDA_PORT        port that npm run operate connects to    (default 3002)
  DYNAMODB_ENDPOINT  address of a DynamoDB Local that already runs
                     (default: an embedded DynamoDB, in memory)
`;

try {
  if (process.argv.includes('--help')) process.stdout.write(HELP);
  else await start();
} catch (error) {
  if (!(error instanceof SettingError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function start(): Promise<void> {
  const dynamodb = readDynamoDBAddress(process.env);
  const database = dynamodb === undefined ? 'an embedded DynamoDB' : dynamodb.endpoint;
  process.stdout.write(`Starting the API and the Nat sandbox with ${database} …\n`);
  const stack = await startStack({
    apiPort: readPort('API_PORT', 3000),
    natPort: readPort('NAT_PORT', 4000),
    lambdaPort: readPort('LAMBDA_PORT', 3002),
    dynamodb,
    onLine: (line) => process.stdout.write(`${line}\n`),
  });
  process.stdout.write(banner(stack.apiUrl, stack.natUrl));
  await waitForEnd();
  await stack.stop();
  process.exit();
}

/** Waits for Ctrl-C, or for the end of npm, whose shell does not pass signals on. */
function waitForEnd(): Promise<void> {
  const parent = process.ppid;
  return new Promise((resolve) => {
    process.once('SIGINT', resolve).once('SIGTERM', resolve);
    if (process.env.npm_lifecycle_event === undefined) return;
    setInterval(() => process.ppid !== parent && resolve(), PARENT_CHECK_MS);
  });
}

function banner(apiUrl: string, natUrl: string): string {
  const event = {
    type: 'identify',
    timestamp: new Date().toISOString(),
    traits: { email: 'peter@example.com' },
    page: { url: 'https://example.com/welcome' },
  };
  return `
  Ready.

  API          ${apiUrl}
  API key      ${LOCAL_API_KEY}
  API docs     ${natUrl}/api
  Nat sandbox  ${natUrl}   (the timelines, in a browser)

  Run this command twice. The first call is accepted, the second is a duplicate.

  curl -i -u ${LOCAL_API_KEY}: -H 'content-type: application/json' ${apiUrl}/v1/identify \\
    -d '${JSON.stringify(event)}'

  Ctrl-C stops everything.

`;
}

function readPort(variable: string, defaultPort: number): number {
  const port = Number(process.env[variable] ?? defaultPort);
  if (Number.isInteger(port) && port > 0 && port < 65536) return port;
  throw new SettingError(`${variable}: expected a port from 1 to 65535`);
}
