import type * as v from 'valibot';
import { interactionCommands } from './interaction-inputs.ts';
import { secretCommands } from './secret-inputs.ts';
import { workspaceCommands } from './workspace-inputs.ts';

const specifications = { ...workspaceCommands, ...interactionCommands, ...secretCommands } as const;

export type CommandName = keyof typeof specifications;

type Inputs = { [Name in CommandName]: v.InferOutput<(typeof specifications)[Name]['input']> };

/** The input of a command. */
export type Input<Name extends CommandName> = Inputs[Name];

/** One function for each command. */
export type Handlers = { [Name in CommandName]: (input: Inputs[Name]) => Promise<unknown> };

/** The commands that may answer with a `next`, from which they continue. */
export type LongCommandName = {
  [Name in CommandName]: (typeof specifications)[Name] extends { isLong: true } ? Name : never;
}[CommandName];

/** One function for each long command: it takes the `next` of an earlier answer. */
export type Continuations = { [Name in LongCommandName]: (from: string) => Promise<unknown> };

/** What a command is. */
export interface Specification<T> {
  summary: string;
  input: v.GenericSchema<unknown, T>;
  /** `deletes` cannot be undone: the command line shows first what it would do, and asks. */
  effect: 'reads' | 'changes' | 'deletes';
  /** It may answer with a `next`, from which it continues. */
  isLong?: true;
}

/** Every command of the operator, with its help and its input. */
export const commands: { [Name in CommandName]: Specification<Inputs[Name]> } = specifications;
