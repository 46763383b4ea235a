import * as z from 'zod/mini';
import {
  email,
  key,
  name,
  natApiKey,
  number,
  path,
  sharedSecret,
  sharedSecretOrNone,
  standardMessage,
  timeZone,
  workspaceId,
} from './fields.ts';

/** How many redriven interactions become due in one second, unless the operator sets it. */
export const DEFAULT_REDRIVES_PER_SECOND = 10;
/** How long a rotated key stays valid, unless the operator sets it. */
export const DEFAULT_GRACE_HOURS = 24;

const specifications = {
  'workspace.add': {
    summary: 'adds a customer; without --api-key it makes a key and shows it once',
    input: z.strictObject({
      name,
      id: z.optional(workspaceId),
      apiKey: z.optional(key("the API key from Nat's settings page, which senders use")),
      natApiKey: z.optional(natApiKey),
      timeZone: z.optional(timeZone),
      standardMessage: z.optional(standardMessage),
      sharedSecret: z.optional(sharedSecret),
    }),
  },
  'workspace.list': { summary: 'lists all customers', input: z.strictObject({}) },
  'workspace.update': {
    summary: 'changes settings; senders see the change within a minute',
    input: z.strictObject({
      id: workspaceId,
      name: z.optional(name),
      natApiKey: z.optional(natApiKey),
      timeZone: z.optional(timeZone),
      standardMessage: z.optional(standardMessage),
      sharedSecret: z.optional(sharedSecretOrNone),
      emailPath: z.optional(path('where events hold the email; empty: no custom format')),
      timestampPath: z.optional(
        path('where events hold the timestamp (default: the documented fields)'),
      ),
      descriptionPath: z.optional(
        path('where events hold the description (default: the documented fields)'),
      ),
      sample: z.optional(
        z
          .looseObject({})
          .check(z.describe('an event of this sender as JSON, to test the paths with')),
      ),
    }),
  },
  'workspace.rotate': {
    summary: 'gives a new API key; the old one stays valid for a grace time',
    input: z.strictObject({
      id: workspaceId,
      apiKey: z.optional(key('the new API key (default: makes one and shows it once)')),
      natApiKey: z.optional(natApiKey),
      graceHours: z.optional(
        number(`hours that the old key stays valid (default ${DEFAULT_GRACE_HOURS})`, 0, 720),
      ),
    }),
  },
  'workspace.disable': {
    summary: 'rejects all requests of a customer with 403',
    input: z.strictObject({ id: workspaceId }),
  },
  'workspace.enable': {
    summary: 'accepts requests of a disabled customer again',
    input: z.strictObject({ id: workspaceId }),
  },
  'interactions.show': {
    summary: 'lists the interactions of a contact, newest day first',
    input: z.strictObject({ workspace: workspaceId, email }),
  },
  'interactions.redrive': {
    summary: 'tries again what is dead, or pending for over an hour; shows its progress',
    input: z.strictObject({
      workspace: z.optional(workspaceId),
      olderThanHours: z.optional(
        number('only interactions that died, or were accepted, so long ago', 0, 24 * 365),
      ),
      perSecond: z.optional(
        number(
          `how many become due in one second (default ${DEFAULT_REDRIVES_PER_SECOND})`,
          1,
          1000,
        ),
      ),
      dryRun: z.optional(z.boolean().check(z.describe('only count them'))),
      from: z.optional(
        z
          .string()
          .check(
            z.maxLength(4000),
            z.describe(
              'continues an interrupted redrive: the last `next` it showed; no other option',
            ),
          ),
      ),
    }),
  },
  'contact.forget': {
    summary: 'deletes all interactions of a contact',
    input: z.strictObject({ workspace: workspaceId, email }),
  },
  stats: { summary: 'counts retrying, dead and stuck interactions', input: z.strictObject({}) },
} as const;

export type CommandName = keyof typeof specifications;

type Inputs = { [Name in CommandName]: z.infer<(typeof specifications)[Name]['input']> };

/** The input of a command. */
export type Input<Name extends CommandName> = Inputs[Name];

/** One function for each command. */
export type Handlers = { [Name in CommandName]: (input: Inputs[Name]) => Promise<unknown> };

/** Every command of the operator, with its help and its input. */
export const commands: {
  [Name in CommandName]: { summary: string; input: z.ZodMiniType<Inputs[Name]> };
} = specifications;
