import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
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

// zod/mini has no messages of its own.
z.config(en());

const requestSchema = z.looseObject({
  command: z.enum(Object.keys(commands) as [CommandName, ...CommandName[]]),
  caller: z._default(z.string().check(z.maxLength(2048)), 'unknown'),
});

const continuationSchema = z.strictObject({ from: z.string().check(z.maxLength(4000)) });

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

function parse<T>(schema: z.ZodMiniType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  throw new OperatorError(problems.join('; '));
}
