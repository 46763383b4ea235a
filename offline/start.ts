import { Command } from 'commander';
import { LOCAL_API_KEY } from '../cli/local-stack.ts';
import { readDynamoDBAddress } from './database.ts';
import { withStackOptions } from './options.ts';
import { SettingError } from './setting-error.ts';
import { startStack } from './stack.ts';

const PARENT_CHECK_MS = 500;

const options = withStackOptions(
  new Command('npm start --')
    .usage('[options]')
    .description('Runs the whole system on this machine. Ctrl-C stops it.'),
)
  .parse()
  .opts<{ port: number; natPort: number; lambdaPort: number }>();

try {
  await start();
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
    apiPort: options.port,
    natPort: options.natPort,
    lambdaPort: options.lambdaPort,
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
