import { randomBytes } from 'node:crypto';
import * as z from 'zod/mini';
import {
  deletions,
  dryRun,
  key,
  keyEnding,
  name,
  natApiKey,
  number,
  path,
  perSecond,
  sharedSecret,
  sharedSecretOrNone,
  standardMessage,
  timeZone,
  workspaceId,
} from './fields.ts';

/** How long a replaced key stays valid, unless the operator sets it. */
export const DEFAULT_GRACE_HOURS = 24;

const onlyWorkspace = z.strictObject({ workspace: workspaceId });

/** The commands about workspaces, with their help and their input. */
export const workspaceCommands = {
  'workspace.add': {
    summary: 'adds a customer; without --api-key it makes a key and shows it once',
    effect: 'changes',
    input: z.strictObject({
      name,
      workspace: z._default(workspaceId, () => `ws-${randomBytes(6).toString('hex')}`),
      apiKey: z.optional(key("the API key from Nat's settings page, which senders use")),
      natApiKey: z.optional(natApiKey),
      timeZone: z.optional(timeZone),
      standardMessage: z.optional(standardMessage),
      sharedSecret: z.optional(sharedSecret),
      deletions: z.optional(deletions),
    }),
  },
  'workspace.list': { summary: 'lists all customers', effect: 'reads', input: z.strictObject({}) },
  'workspace.show': {
    summary: 'shows the settings of a customer, and its API keys by their last four characters',
    effect: 'reads',
    input: onlyWorkspace,
  },
  'workspace.update': {
    summary: 'changes settings; senders see the change within a minute',
    effect: 'changes',
    isLong: true,
    input: z.strictObject({
      workspace: workspaceId,
      name: z.optional(name),
      natApiKey: z.optional(natApiKey),
      timeZone: z.optional(timeZone),
      standardMessage: z.optional(standardMessage),
      sharedSecret: z.optional(sharedSecretOrNone),
      deletions: z.optional(deletions),
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
      perSecond: z.optional(perSecond('after a new key for Nat: how many waiting interactions')),
    }),
  },
  'workspace.rotate': {
    summary: 'changes the API key, also back to an earlier one; the others end after a grace time',
    effect: 'changes',
    isLong: true,
    input: z.strictObject({
      workspace: workspaceId,
      apiKey: z.optional(
        key('the API key to use from now on (default: makes one and shows it once)'),
      ),
      natApiKey: z.optional(natApiKey),
      graceHours: z.optional(
        number(
          `hours that the other keys stay valid at most (default ${DEFAULT_GRACE_HOURS})`,
          0,
          720,
        ),
      ),
      perSecond: z.optional(perSecond('how many waiting interactions')),
    }),
  },
  'workspace.revoke': {
    summary: 'ends an earlier API key at once',
    effect: 'changes',
    input: z.strictObject({ workspace: workspaceId, keyEnding }),
  },
  'workspace.disable': {
    summary: 'rejects all requests of a customer with 403',
    effect: 'changes',
    input: onlyWorkspace,
  },
  'workspace.enable': {
    summary: 'accepts requests of a disabled customer again',
    effect: 'changes',
    input: onlyWorkspace,
  },
  'workspace.remove': {
    summary: 'ends the keys of a customer and deletes its interactions and settings',
    effect: 'deletes',
    isLong: true,
    input: z.strictObject({ workspace: workspaceId, dryRun: z.optional(dryRun) }),
  },
} as const;
