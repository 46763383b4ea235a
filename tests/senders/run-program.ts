import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { type PassingRequest, type ProxyResponse, startProxy } from '../end-to-end/proxy.ts';
import { folderOf } from './install.ts';
import type { Sdk } from './sdks.ts';
import { TOOLCHAINS, type Toolchain } from './toolchains.ts';

/** Those that run. They end with this process, also if a test has timed out. */
const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** A request of an SDK, and what it was answered. */
export interface Post {
  request: PassingRequest;
  answer: ProxyResponse;
}

/** What a program did. */
export interface Run {
  posts: Post[];
  exitCode: number | null;
  /** All that it printed: what the application is told, and what the SDK logs. */
  output: string;
}

/**
 * Runs the program of an SDK through a proxy that records its requests.
 *
 * @param onAnswer may replace what the service answers
 */
export async function runProgram(
  sdk: Sdk,
  options: {
    apiUrl: string;
    apiKey: string;
    email: string;
    onAnswer?: (answer: ProxyResponse, number: number) => ProxyResponse;
  },
): Promise<Run> {
  const posts: Post[] = [];
  const proxy = await startProxy(options.apiUrl, {
    onAnswer: (fromService, request) => {
      const answer = options.onAnswer?.(fromService, posts.length) ?? fromService;
      posts.push({ request, answer });
      return answer;
    },
  });
  try {
    const { apiKey, email } = options;
    const env = { API_URL: proxy.url, API_KEY: apiKey, EMAIL: email };
    return { posts, ...(await execute(sdk, env)) };
  } finally {
    await proxy.stop();
  }
}

async function execute(sdk: Sdk, variables: Record<string, string>) {
  const toolchain: Toolchain = TOOLCHAINS[sdk.language];
  const [command = '', ...args] = toolchain.run(sdk);
  // SDKs in Node must not notice that they are tested.
  const { NODE_ENV, NODE_OPTIONS, VITEST, ...inherited } = process.env;
  const child = spawn(command, args, {
    cwd: folderOf(sdk),
    env: { ...inherited, ...toolchain.env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  const [[exitCode], ...printed] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ]);
  children.delete(child);
  return { exitCode, output: printed.join('') };
}
