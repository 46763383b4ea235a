import { LOCAL_API_KEY } from '../cli/local-stack.ts';
import { dynamodbIn, SettingError, startStack } from './stack.ts';

const PARENT_CHECK_MS = 500;
const HELP = `npm start: the whole system on this machine, until Ctrl-C

  API_PORT     the API                              default 3000
  NAT_PORT     the Nat sandbox and its page         default 4000
  LAMBDA_PORT  what npm run operate talks to        default 3002

  DYNAMODB_ENDPOINT  a DynamoDB Local that runs already, instead of the embedded one
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
  const dynamodb = dynamodbIn(process.env);
  const which = dynamodb === undefined ? 'the embedded DynamoDB' : dynamodb.endpoint;
  process.stdout.write(`Starting the API and the Nat sandbox, on ${which} …\n`);
  const stack = await startStack({
    apiPort: portFrom('API_PORT', 3000),
    natPort: portFrom('NAT_PORT', 4000),
    lambdaPort: portFrom('LAMBDA_PORT', 3002),
    dynamodb,
    onLine: (line) => process.stdout.write(`${line}\n`),
  });
  process.stdout.write(banner(stack.apiUrl, stack.natUrl));
  await endAsked();
  await stack.stop();
  process.exit();
}

/** Ctrl-C, or the end of npm: the shell between does not pass a signal on. */
function endAsked(): Promise<void> {
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
  Nat sandbox  ${natUrl}   (open it in a browser)
  API key      ${LOCAL_API_KEY}
  Description  ${natUrl}/api   (of the API, to read)

  Try it, twice:

  curl -i -u ${LOCAL_API_KEY}: -H 'content-type: application/json' ${apiUrl}/v1/identify \\
    -d '${JSON.stringify(event)}'

  Ctrl-C ends everything.

`;
}

function portFrom(variable: string, standard: number): number {
  const port = Number(process.env[variable] ?? standard);
  if (Number.isInteger(port) && port > 0 && port < 65536) return port;
  throw new SettingError(`${variable}: expected a port from 1 to 65535`);
}
