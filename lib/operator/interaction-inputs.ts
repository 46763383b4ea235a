import * as z from 'zod/mini';
import { contactKey, dryRun, email, number, perSecond, workspaceId } from './fields.ts';

/** A contact, by its address or as the logs name it. */
const contact = {
  workspace: workspaceId,
  email: z.optional(email),
  contactKey: z.optional(contactKey),
};

/** The commands about interactions, with their help and their input. */
export const interactionCommands = {
  'interactions.list': {
    summary: 'lists interactions with their status and last error, 100 at a time',
    effect: 'reads',
    isLong: true,
    input: z.strictObject({
      workspace: z.optional(workspaceId),
      status: z.optional(
        z
          .enum(['pending', 'retrying', 'delivered', 'dead'])
          .check(z.describe('pending, retrying, delivered or dead')),
      ),
      since: z.optional(
        z
          .union([z.iso.datetime({ offset: true }), z.iso.date()], {
            error: 'must be a date such as 2020-05-31, or a date and time with Z or an offset',
          })
          .check(z.describe('only what was accepted since then: a date, or a date and time')),
      ),
    }),
  },
  'interactions.show': {
    summary: 'lists the interactions of a contact, newest day first',
    effect: 'reads',
    input: z.strictObject(contact),
  },
  'interactions.redrive': {
    summary: 'tries again what is dead, or pending for over an hour; shows its progress',
    effect: 'changes',
    isLong: true,
    input: z.strictObject({
      workspace: z.optional(workspaceId),
      olderThanHours: z.optional(
        number('only interactions that died, or were accepted, so long ago', 0, 24 * 365),
      ),
      waiting: z.optional(
        z.boolean().check(z.describe('only what is retrying: its next try becomes due earlier')),
      ),
      perSecond: z.optional(perSecond('how many interactions')),
      dryRun: z.optional(dryRun),
    }),
  },
  'interactions.restore': {
    summary: 'copies back what is missing from a table that was restored beside the one in use',
    effect: 'changes',
    isLong: true,
    input: z.strictObject({
      workspace: z.optional(workspaceId),
      perSecond: z.optional(perSecond('how many undelivered interactions')),
      dryRun: z.optional(dryRun),
    }),
  },
  'contact.forget': {
    summary: 'deletes all interactions of a contact',
    effect: 'deletes',
    input: z.strictObject({ ...contact, dryRun: z.optional(dryRun) }),
  },
  stats: {
    summary: 'counts retrying, dead and stuck interactions',
    effect: 'reads',
    input: z.strictObject({}),
  },
} as const;
