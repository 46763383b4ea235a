import { stdout } from 'node:process';
import { Command, Option } from 'commander';
import { LOCAL_API_KEY } from './local-stack.ts';
import { smokeChecks } from './smoke/checks.ts';
import { runCheck } from './smoke/run-check.ts';

const program = new Command('npm run smoke --')
  .description(
    'Checks a deployment from outside, as a sender sees it. It sends one event of a new contact, which ' +
      'then is on the timeline in Nat: use the key of a workspace that you keep for tests.',
  )
  .addOption(new Option('--url <url>', 'address of the API').default('http://localhost:3000'))
  .addOption(
    new Option('--key <key>', 'API key of the workspace').env('API_KEY').default(LOCAL_API_KEY),
  )
  .addHelpText('after', '\nExit status: 0 if everything is right, otherwise 1.')
  .action(run);

await program.parseAsync();

async function run({ url, key }: { url: string; key: string }): Promise<void> {
  const base = url.replace(/\/(?:v1\/(?:identify|batch|import)\/?)?$/, '');
  let failures = 0;
  for (const check of smokeChecks(key, new Date())) {
    const { ms, problem, isAnswered } = await runCheck(base, check);
    stdout.write(`${problem === undefined ? 'ok  ' : 'FAIL'} ${check.name} (${ms} ms)\n`);
    if (problem === undefined) continue;
    stdout.write(`     ${problem}\n`);
    failures += 1;
    if (!isAnswered) break;
  }
  stdout.write(failures === 0 ? 'Everything is right.\n' : `${failures} checks failed.\n`);
  if (failures > 0) process.exitCode = 1;
}
