import { Command } from 'commander';
import { LOCAL_API_KEY } from '../cli/local-stack.ts';
import { type StackPorts, withStackOptions } from './options.ts';
import { print, runStack } from './run-stack.ts';

const command = withStackOptions(
  new Command('npm start --')
    .usage('[options]')
    .description('Runs the whole system on this machine. Ctrl-C stops it.'),
);

await runStack({
  ports: command.parse().opts<StackPorts>(),
  onLine: print,
  use: async ({ apiUrl, natUrl }, stopped) => {
    print(banner(apiUrl, natUrl));
    await stopped;
  },
});

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
