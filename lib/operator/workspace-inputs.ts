import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
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

const onlyWorkspace = v.strictObject({ workspace: workspaceId });

/** The commands about workspaces, with their help and their input. */
export const workspaceCommands = {
  'workspace.add': {
    summary: 'adds a customer; without --api-key it makes a key and shows it once',
    effect: 'changes',
    input: v.strictObject({
      name,
      workspace: v.optional(workspaceId, () => `ws-${randomBytes(6).toString('hex')}`),
      apiKey: v.optional(key("the API key from Nat's settings page, which senders use")),
      natApiKey: v.optional(natApiKey),
      timeZone: v.optional(timeZone),
      standardMessage: v.optional(standardMessage),
      sharedSecret: v.optional(sharedSecret),
      deletions: v.optional(deletions),
    }),
  },
  'workspace.list': { summary: 'lists all customers', effect: 'reads', input: v.strictObject({}) },
  'workspace.show': {
    summary: 'shows the settings of a customer, and its API keys by their last four characters',
    effect: 'reads',
    input: onlyWorkspace,
  },
  'workspace.update': {
    summary: 'changes settings; senders see the change within a minute',
    effect: 'changes',
    isLong: true,
    input: v.strictObject({
      workspace: workspaceId,
      name: v.optional(name),
      natApiKey: v.optional(natApiKey),
      timeZone: v.optional(timeZone),
      standardMessage: v.optional(standardMessage),
      sharedSecret: v.optional(sharedSecretOrNone),
      deletions: v.optional(deletions),
      emailPath: v.optional(path('where events hold the email; empty: no custom format')),
      timestampPath: v.optional(
        path('where events hold the timestamp (default: the documented fields)'),
      ),
      descriptionPath: v.optional(
        path('where events hold the description (default: the documented fields)'),
      ),
      sample: v.optional(
        v.pipe(
          v.looseObject({}),
          v.description('an event of this sender as JSON, to test the paths with'),
        ),
      ),
      perSecond: v.optional(perSecond('after a new key for Nat: how many waiting interactions')),
    }),
  },
  'workspace.rotate': {
    summary: 'changes the API key, also back to an earlier one; the others end after a grace time',
    effect: 'changes',
    isLong: true,
    input: v.strictObject({
      workspace: workspaceId,
      apiKey: v.optional(
        key('the API key to use from now on (default: makes one and shows it once)'),
      ),
      natApiKey: v.optional(natApiKey),
      graceHours: v.optional(
        number(
          `hours that the other keys stay valid at most (default ${DEFAULT_GRACE_HOURS})`,
          0,
          720,
        ),
      ),
      perSecond: v.optional(perSecond('how many waiting interactions')),
    }),
  },
  'workspace.revoke': {
    summary: 'ends an earlier API key at once',
    effect: 'changes',
    input: v.strictObject({ workspace: workspaceId, keyEnding }),
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
    input: v.strictObject({ workspace: workspaceId, dryRun: v.optional(dryRun) }),
  },
} as const;
