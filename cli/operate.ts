import { stderr, stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { type CommandName, commands } from '../lib/operator/commands.ts';
import { invoke } from './lambda.ts';
import { callerArn, clientFor, LOCAL } from './operate/deployment.ts';
import { addOptions, fieldsOf, flagOf } from './operate/options.ts';
import { problemIn } from './operate/problem.ts';
import { readSecrets, SECRETS_HELP } from './operate/read-secrets.ts';
import { runToCompletion } from './operate/run-to-completion.ts';
import { toText } from './operate/to-text.ts';

/** The options of a command line. What is left are the fields of the command. */
interface Options extends Record<string, unknown> {
  stage?: string;
  json?: boolean;
  yes?: boolean;
}

const program = new Command('npm run operate --')
  .usage('COMMAND [options]')
  .description('Runs a command of the operator, on the local stack unless --stage names another.')
  .helpCommand(false)
  .addHelpText('after', '\nCOMMAND --help lists the options of a command.');

for (const name of Object.keys(commands) as CommandName[]) {
  const { summary } = commands[name];
  const command = program.command(name).usage('[options]').description(summary);
  addOptions(command, name);
  if (fieldsOf(name).some(({ isSecret }) => isSecret))
    command.addHelpText('after', `\n${SECRETS_HELP}`);
  command.action((options: Options) => run(name, options));
}

if (process.argv.length <= 2) program.outputHelp();
else await program.parseAsync();

async function run(command: CommandName, options: Options): Promise<void> {
  const { stage = LOCAL, json = false, yes = false, ...given } = options;
  const lambda = clientFor(stage, process.env);
  try {
    const input = await readSecrets(command, checkRequired(command, given), process.env, stdin);
    const { effect } = commands[command];
    const caller = effect === 'reads' ? undefined : await callerArn(stage, process.env);
    const call = (fields: object) =>
      invoke(lambda, `nat-destination-${stage}-operate`, { command, caller, ...fields });
    const mustAsk = effect === 'deletes' && !yes && !('dryRun' in input) && !('from' in input);
    if (mustAsk && !(await isConfirmed(call, input))) return;
    const answer = await runToCompletion(call, input, report);
    stdout.write(json ? `${JSON.stringify(answer, null, 2)}\n` : toText(answer));
    if (isPage(answer)) report(`there are more: --from ${answer.next}`);
  } catch (error) {
    report(problemIn(error, stage));
    process.exitCode = 1;
  } finally {
    lambda.destroy();
  }
}

function checkRequired(command: CommandName, given: Record<string, unknown>) {
  const missing = fieldsOf(command).find(
    ({ field, isRequired }) => isRequired && !(field in given),
  );
  if (missing === undefined || 'from' in given) return given;
  throw new Error(`${flagOf(missing.field)}: is required`);
}

/** Shows what a command would delete, and asks. */
async function isConfirmed(call: (fields: object) => Promise<unknown>, input: object) {
  stderr.write(toText(await runToCompletion(call, { ...input, dryRun: true }, report)));
  if (!stdin.isTTY) throw new Error('--yes: is required without a terminal; nothing was deleted');
  const terminal = createInterface({ input: stdin, output: stderr });
  const reply = await terminal.question('Delete all of this? (yes/no) ');
  terminal.close();
  if (reply.trim().toLowerCase() === 'yes') return true;
  report('nothing was deleted');
  return false;
}

function isPage(answer: unknown): answer is { next: string } {
  return typeof answer === 'object' && answer !== null && 'next' in answer;
}

function report(line: string): void {
  stderr.write(`${line}\n`);
}
