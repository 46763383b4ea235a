import * as v from 'valibot';
import { readWith } from '../runtime/read-with.ts';
import { auditEntryOf } from './audit.ts';
import {
  type CommandName,
  type Continuations,
  commands,
  type Handlers,
  type LongCommandName,
} from './commands.ts';
import type { OperatorDependencies } from './dependencies.ts';
import { createInteractionCommands } from './interaction-commands.ts';
import { OperatorError } from './operator-error.ts';
import { createSecretRotation } from './rotate-secrets.ts';
import { createWorkspaceCommands } from './workspace-commands.ts';

const requestSchema = v.looseObject({
  command: v.picklist(Object.keys(commands) as [CommandName, ...CommandName[]]),
  caller: v.optional(v.pipe(v.string(), v.maxLength(2048)), 'unknown'),
});

const continuationSchema = v.strictObject({ from: v.pipe(v.string(), v.maxLength(4000)) });

/** Creates what runs the operator's commands. */
export function createOperator(dependencies: OperatorDependencies) {
  const workspaceCommands = createWorkspaceCommands(dependencies);
  const interactionCommands = createInteractionCommands(dependencies);
  const secretCommands = createSecretRotation(dependencies);
  const handlers: Handlers = {
    ...workspaceCommands.handlers,
    ...interactionCommands.handlers,
    ...secretCommands.handlers,
  };
  const continuations: Continuations = {
    ...workspaceCommands.continuations,
    ...interactionCommands.continuations,
    ...secretCommands.continuations,
  };

  return {
    /**
     * Runs one command.
     *
     * @param request `{"command": "workspace.add", "name": "Acme", …}`. With `from`, which takes the
     * `next` of an earlier answer, the command continues; `caller` is only for the audit log
     * @returns the answer of the command. The only secret in it is a key that was just made
     * @throws {OperatorError} if the command or one of its fields is wrong
     */
    async run(request: unknown): Promise<unknown> {
      const { command, caller, ...input } = parse(requestSchema, request);
      return 'from' in input ? resume(command, caller, input) : start(command, caller, input);
    },
  };

  function start<Name extends CommandName>(name: Name, caller: string, fields: unknown) {
    const input = parse(commands[name].input, fields);
    audit(name, caller, input);
    return handlers[name](input);
  }

  function resume(name: CommandName, caller: string, input: Record<string, unknown>) {
    if (!isLong(name)) throw new OperatorError(`from: ${name} has nothing to continue`);
    if (Object.keys(input).length > 1) {
      throw new OperatorError(
        'from: continues with the first options; give no other option with it',
      );
    }
    const { from } = parse(continuationSchema, input);
    audit(name, caller, { from });
    return continuations[name](from);
  }

  function audit(name: CommandName, caller: string, input: object): void {
    const isDryRun = 'dryRun' in input && input.dryRun === true;
    if (commands[name].effect === 'reads' || isDryRun) return;
    dependencies.audit(auditEntryOf(name, caller, input));
  }
}

function isLong(name: CommandName): name is LongCommandName {
  return commands[name].isLong === true;
}

function parse<T>(schema: v.GenericSchema<unknown, T>, value: unknown): T {
  const { output, problems } = readWith(schema, value);
  if (problems === undefined) return output;
  throw new OperatorError(problems.join('; '));
}
