import { parseArgs } from 'node:util';
import { LOCAL_API_KEY } from '../local-stack.ts';

/** What `--help` prints. */
export const HELP = `npm run send -- FILE [--url URL] [--key KEY]

Sends a file of events, for example a customer's history, and prints the lines that were rejected
and how many were accepted, duplicate, ignored and rejected. Cut off, it can be run again: what was
accepted is then a duplicate.

  FILE       one event a line, [event, …] or {"batch": [event, …]}; - is standard input
  --url URL  the API (default: the local stack, which npm start runs)
  --key KEY  the workspace's API key (default: API_KEY of the environment, else the local stack's)

Exit status: 0 if nothing was rejected, 130 after Ctrl-C, else 1.
`;

/** Senders are told these addresses, so somebody may give one. */
const PATH = /\/v1\/(?:batch|identify)\/?$/;

/** What is to be done. */
export interface Options {
  help: boolean;
  /** A path, or `-` for standard input. */
  file: string;
  /** Where batches are posted. */
  url: string;
  key: string;
}

/**
 * @param args what follows the command
 * @param env API_KEY, and API_PORT if the local stack is not on port 3000
 * @throws {Error} saying in a line what is wrong
 */
export function readOptions(args: string[], env: NodeJS.ProcessEnv): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      url: { type: 'string' },
      key: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [file = '', ...more] = positionals;
  if (!values.help && (file === '' || more.length > 0)) {
    throw new Error('expected one FILE, or - for standard input (--help says more)');
  }
  const local = new URL(`http://localhost:${env.API_PORT ?? 3000}`);
  const base = values.url === undefined ? local : readUrl(values.url);
  const key = values.key ?? env.API_KEY ?? '';
  const isLocal = base.href === local.href;
  if (key === '' && !isLocal && !values.help) {
    throw new Error("--key, or API_KEY in the environment: expected the workspace's API key");
  }
  return {
    help: values.help,
    file,
    url: `${base.href.replace(/\/$/, '')}/v1/batch`,
    key: key === '' ? LOCAL_API_KEY : key,
  };
}

function readUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '') {
    throw new Error('--url: expected an address such as https://api.example.com');
  }
  return new URL(url.origin + url.pathname.replace(PATH, '/'));
}
