import * as v from 'valibot';
import { contactKey, dryRun, email, number, perSecond, workspaceId } from './fields.ts';

const DATE_OR_TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** A contact, by its address or as the logs name it. */
const contact = {
  workspace: workspaceId,
  email: v.optional(email),
  contactKey: v.optional(contactKey),
};

/** The commands about interactions, with their help and their input. */
export const interactionCommands = {
  'interactions.list': {
    summary: 'lists interactions with their status and last error, 100 at a time',
    effect: 'reads',
    isLong: true,
    input: v.strictObject({
      workspace: v.optional(workspaceId),
      status: v.optional(
        v.pipe(
          v.picklist(['pending', 'retrying', 'delivered', 'dead']),
          v.description('pending, retrying, delivered or dead'),
        ),
      ),
      since: v.optional(
        v.pipe(
          v.string(),
          v.check(
            isDateOrTime,
            'must be a date such as 2020-05-31, or a date and time with Z or an offset',
          ),
          v.description('only what was accepted since then: a date, or a date and time'),
        ),
      ),
    }),
  },
  'interactions.show': {
    summary: 'lists the interactions of a contact, newest day first',
    effect: 'reads',
    input: v.strictObject(contact),
  },
  'interactions.redrive': {
    summary: 'tries again what is dead, or pending for over an hour; shows its progress',
    effect: 'changes',
    isLong: true,
    input: v.strictObject({
      workspace: v.optional(workspaceId),
      olderThanHours: v.optional(
        number('only interactions that died, or were accepted, so long ago', 0, 24 * 365),
      ),
      waiting: v.optional(
        v.pipe(
          v.boolean(),
          v.description('only what is retrying: its next try becomes due earlier'),
        ),
      ),
      perSecond: v.optional(perSecond('how many interactions')),
      dryRun: v.optional(dryRun),
    }),
  },
  'interactions.restore': {
    summary: 'copies back what is missing from a table that was restored beside the one in use',
    effect: 'changes',
    isLong: true,
    input: v.strictObject({
      workspace: v.optional(workspaceId),
      perSecond: v.optional(perSecond('how many undelivered interactions')),
      dryRun: v.optional(dryRun),
    }),
  },
  'contact.forget': {
    summary: 'deletes all interactions of a contact',
    effect: 'deletes',
    input: v.strictObject({ ...contact, dryRun: v.optional(dryRun) }),
  },
  stats: {
    summary: 'counts retrying, dead and stuck interactions',
    effect: 'reads',
    input: v.strictObject({}),
  },
} as const;

function isDateOrTime(text: string): boolean {
  const isTime = DATE_OR_TIME.test(text) && !Number.isNaN(Date.parse(text));
  // `Date` takes 2021-02-30 for a day in March.
  return isTime && new Date(text.slice(0, 10)).getUTCDate() === Number(text.slice(8, 10));
}
