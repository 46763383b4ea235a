import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import { type CommandName, commands, type Handlers } from './commands.ts';
import type { OperatorDependencies } from './dependencies.ts';
import { createInteractionCommands } from './interaction-commands.ts';
import { OperatorError } from './operator-error.ts';
import { createWorkspaceCommands } from './workspace-commands.ts';

// zod/mini has no messages of its own.
z.config(en());

const requestSchema = z.looseObject({
  command: z.enum(Object.keys(commands) as [CommandName, ...CommandName[]]),
});

/** Creates what runs the operator's commands. */
export function createOperator(dependencies: OperatorDependencies) {
  const handlers: Handlers = {
    ...createWorkspaceCommands(dependencies),
    ...createInteractionCommands(dependencies),
  };
  return {
    /**
     * Runs one command.
     *
     * @param request `{"command": "workspace.add", "name": "Acme", …}`
     * @returns the answer of the command. The only secret in it is a key that was just made
     * @throws {OperatorError} if the command or one of its fields is wrong
     */
    async run(request: unknown): Promise<unknown> {
      const { command, ...input } = parse(requestSchema, request);
      return dispatch(command, input);
    },
  };

  function dispatch<Name extends CommandName>(name: Name, input: unknown): Promise<unknown> {
    return handlers[name](parse(commands[name].input, input));
  }
}

function parse<T>(schema: z.ZodMiniType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  throw new OperatorError(problems.join('; '));
}
