import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

const ROOT = new URL('../..', import.meta.url);
/** Makes standard input look like a terminal. */
const TERMINAL = ['--import', 'data:text/javascript,process.stdin.isTTY=true'];

/** What one run of the command line did. */
export interface Run {
  /** What the function was called with. */
  requests: unknown[];
  out: string;
  err: string;
  code: number | null;
}

/** What surrounds a run. */
export interface Surroundings {
  env?: NodeJS.ProcessEnv;
  stdin?: string;
  isTerminal?: boolean;
  /** Answers what is no call of the function, such as a call of STS. */
  onOther?: (request: IncomingMessage, response: ServerResponse) => void;
}

/** The error of a function, with its name. */
export class Failure {
  readonly errorType: string;
  readonly errorMessage: string;

  constructor(errorType: string, errorMessage: string) {
    this.errorType = errorType;
    this.errorMessage = errorMessage;
  }
}

/** The service refuses the call: the function is not run. */
export class Refusal {
  readonly name: string;
  readonly message: string;

  constructor(name: string, message: string) {
    this.name = name;
    this.message = message;
  }
}

/**
 * Runs `npm run operate` over a function that gives these answers in turn.
 *
 * @param args the command and its options
 */
export async function operate(
  args: string[],
  answers: unknown[],
  { env = {}, stdin = '', isTerminal = false, onOther }: Surroundings = {},
): Promise<Run> {
  const requests: unknown[] = [];
  const server = createServer(async (request, response) => {
    if (!request.url?.includes('/functions/')) {
      onOther?.(request, response);
      return;
    }
    requests.push(JSON.parse(await text(request)));
    const answer = answers[requests.length - 1] ?? new Failure('Error', 'from: it is used up');
    if (answer instanceof Refusal) {
      response.writeHead(404, { 'x-amzn-errortype': answer.name });
    }
    if (answer instanceof Failure) response.setHeader('x-amz-function-error', 'Unhandled');
    response.end(JSON.stringify(answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const child = spawn(
    process.execPath,
    [...(isTerminal ? TERMINAL : []), 'cli/operate.ts', ...args],
    {
      cwd: ROOT,
      env: {
        ...process.env,
        LAMBDA_PORT: String(port),
        AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
        AWS_ACCESS_KEY_ID: 'id',
        AWS_SECRET_ACCESS_KEY: 'secret',
        ...env,
      },
    },
  );
  child.stdin.end(stdin);
  const ended = once(child, 'exit');
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await ended;
  server.close();
  return { requests, out, err, code };
}
