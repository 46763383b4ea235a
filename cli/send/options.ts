import { parseArgs } from 'node:util';
import { LOCAL_API_KEY } from '../local-stack.ts';

export const HELP = `npm run send -- FILE [--url URL] [--key KEY] [--dry-run]

Sends a file of events, for example the history of a customer. Prints each rejected event with the
reason, and how many events were accepted, duplicate, ignored and rejected. It retries while the
service is unavailable. If interrupted, run it again: accepted events are then duplicates.

  FILE       one event per line, [event, …] or {"batch": [event, …]}; - reads standard input
  --url URL  address of the API (default: the local stack)
  --key KEY  API key of the workspace (default: API_KEY in the environment, else the key of the
             local stack)
  --dry-run  writes nothing, and prints what would happen. Each batch is judged by itself, so a
             contact and day that appears in two batches counts as accepted twice

Exit status: 0 if no event was rejected, 130 after Ctrl-C, otherwise 1.
`;

/** Senders are given these addresses, so a user may pass one of them. */
const API_PATH = /\/v1\/(?:batch|identify|import)\/?$/;

/** What to send and where. */
export type Options = ReturnType<typeof readOptions>;

/**
 * Reads the options of the command.
 *
 * @param args the arguments after the command
 * @param env API_KEY, and API_PORT if the local stack is not on port 3000
 * @returns the file is a path, or `-` for standard input. The url is the one that accepts batches
 * @throws {Error} if an option is wrong
 */
export function readOptions(args: string[], env: NodeJS.ProcessEnv) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      url: { type: 'string' },
      key: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { help } = values;
  const [file = '', ...more] = positionals;
  if (!help && (file === '' || more.length > 0)) {
    throw new Error('Name one FILE, or - for standard input. See --help.');
  }
  const local = new URL(`http://localhost:${env.API_PORT ?? 3000}`);
  const base = values.url === undefined ? local : readUrl(values.url);
  const defaultKey = base.href === local.href ? LOCAL_API_KEY : '';
  const key = values.key ?? (env.API_KEY || defaultKey);
  if (!help && key === '') throw new Error('Set --key, or API_KEY in the environment.');
  const query = values['dry-run'] ? '?dryRun=true' : '';
  return { help, file, url: `${base.href.replace(/\/$/, '')}/v1/batch${query}`, key };
}

function readUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '') {
    throw new Error('--url must be an address such as https://api.example.com.');
  }
  return new URL(url.origin + url.pathname.replace(API_PATH, '/'));
}
