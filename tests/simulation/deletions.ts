import * as v from 'valibot';
import { type InteractionKey, workspaceIdOf } from '../../lib/ledger/entry.ts';
import { isoInstant } from '../../lib/runtime/iso-instant.ts';
import { contactKeyOf, userKeyOf } from '../in-process/secrets.ts';
import type { Depth } from './depth.ts';
import type { SentEvent } from './events.ts';
import type { Known } from './known.ts';
import type { Invocation, Scheduler } from './scheduler.ts';

/** The sort key of the order to delete a user. */
const ORDER = 'deletion';
/** Events of one request, and steps of several, may share a millisecond. */
const MOMENT_MS = 10;

/** A deletion message that a sender posted. */
interface Ordered {
  user: string;
  /** When its request began, ms of the virtual clock. */
  startedAt: number;
  /** The tick at which it was answered; absent if it never was. */
  answeredAt?: number;
  isCompleted?: true;
}

const orderSchema = v.object({ deletedAt: isoInstant, dueAt: isoInstant });
const rememberedSchema = v.object({ firstAt: isoInstant, lastAt: isoInstant });

type Order = v.InferOutput<typeof orderSchema>;

/** A contact that a user has, and when events with both were accepted, ms of the virtual clock. */
interface Link {
  contact: string;
  firstAt: number;
  lastAt: number;
}

/** What the watch works with. */
interface DeletionParts {
  known: () => Iterable<Known>;
  scheduler: Scheduler;
  depth: Depth;
  /** true if a workspace certainly had deletions on for a request. */
  isOn: (workspace: string, startedAt: number) => boolean;
  violate: (what: string) => void;
}

export type DeletionWatch = ReturnType<typeof createDeletionWatch>;

/**
 * Watches the deletions of users: once one is completed, nothing is left of what was accepted of the
 * user's addresses before its request began; and nothing else is deleted.
 */
export function createDeletionWatch(parts: DeletionParts) {
  const { known, scheduler, depth, violate } = parts;
  let ordered: Ordered[] = [];
  /** By the description, which no two events have in common: the user whom an event names. */
  const userOfEvent = new Map<string, string>();
  /** The contacts that a user may have, by any event that was sent. */
  const possible = new Map<string, Set<string>>();
  /** The contacts that a user has for sure. */
  const links = new Map<string, Link[]>();
  /** The orders of the ledger, by their user. Their times are in ISO 8601. */
  const open = new Map<string, Order>();
  /** What the ledger remembers of users: when they were named last, ISO 8601. */
  const remembered = new Map<string, { user: string; lastAt: string }>();

  return {
    open,

    /** Called when a sender posts an event. */
    onSent(workspace: string, { userId, email, description }: SentEvent): void {
      if (userId === undefined || description === undefined) return;
      const user = userOf(workspace, userId);
      userOfEvent.set(description, user);
      const contacts = possible.get(user) ?? new Set();
      possible.set(user, contacts.add(`${workspace}#${contactKeyOf(workspace, email)}`));
    },

    /** Called when an interaction was accepted. */
    onAccepted({ entry, acceptedBy: { startedAt } }: Known): void {
      const user = userOfEvent.get(entry.event?.description ?? '');
      if (user === undefined || !parts.isOn(workspaceIdOf(entry), startedAt)) return;
      const at = Date.parse(entry.acceptedAt);
      const own = links.get(user) ?? [];
      const link = own.find(({ contact }) => contact === entry.contact);
      if (link === undefined) own.push({ contact: entry.contact, firstAt: at, lastAt: at });
      else {
        link.firstAt = Math.min(link.firstAt, at);
        link.lastAt = Math.max(link.lastAt, at);
      }
      links.set(user, own);
    },

    /** Called when a request with a deletion message begins. */
    onOrdered(workspace: string, userId: string, { startedAt }: Invocation): Ordered {
      const one = { user: userOf(workspace, userId), startedAt };
      ordered.push(one);
      return one;
    },

    /** Called when such a request was answered that it is deleting. */
    onAnswered(one: Ordered): void {
      one.answeredAt = scheduler.tick();
      depth.count('a user is deleted');
    },

    /** true if a deletion may delete an interaction: nobody was told before that it was done. */
    mayDelete({ entry, acceptedBy: { begunAt } }: Known): boolean {
      return ordered.some(({ user, answeredAt = Number.POSITIVE_INFINITY }) => {
        return possible.get(user)?.has(entry.contact) === true && begunAt < answeredAt;
      });
    },

    /** Called when something about a user was written, or deleted. */
    onEffect({ name }: Invocation, { contact: user, day }: InteractionKey, after: unknown): void {
      if (day === ORDER) {
        if (after !== undefined) open.set(user, v.parse(orderSchema, after));
        else if (name === 'redeliver') complete(user);
        else open.delete(user);
      } else if (after !== undefined) {
        remembered.set(user + day, { user, ...v.parse(rememberedSchema, after) });
      } else {
        remembered.delete(user + day);
        const contactKey = day.slice(day.indexOf('#') + 1);
        if (name === 'operate') unlink(user, ({ contact }) => !contact.endsWith(contactKey));
      }
    },

    /** How many orders are due. */
    dueNow(): number {
      const now = new Date().toISOString();
      return [...open.values()].filter(({ dueAt }) => dueAt <= now).length;
    },

    /** Called at rest: every deletion that was answered must be completed. */
    checkRest(): void {
      if (open.size > 0) violate('a deletion is not completed at rest');
      const isForgotten = ordered.some((one) => one.answeredAt !== undefined && !one.isCompleted);
      if (isForgotten) violate('a deletion was answered and never completed');
    },

    /** Called when a workspace was removed, with everything in it. */
    onRemoved(workspace: string): void {
      const isOwn = (user: string) => user.startsWith(`${workspace}#`);
      ordered = ordered.filter(({ user }) => !isOwn(user));
      for (const user of [...links.keys()].filter(isOwn)) links.delete(user);
      for (const [name, { user }] of remembered) {
        if (isOwn(user)) violate(`a removed workspace has left ${name} behind`);
      }
      for (const user of open.keys()) {
        if (isOwn(user)) violate(`a removed workspace has left the deletion of ${user} behind`);
      }
    },
  };

  function unlink(user: string, isKept: (link: Link) => boolean): void {
    links.set(user, (links.get(user) ?? []).filter(isKept));
  }

  function complete(user: string): void {
    const { deletedAt = '' } = open.get(user) ?? {};
    open.delete(user);
    checkGone(user);
    unlink(user, ({ lastAt }) => lastAt > Date.parse(deletedAt));
  }

  /** Nobody was promised anything by an order whose request was cut off. */
  function checkGone(user: string): void {
    const done = ordered.filter((one) => one.user === user && one.answeredAt !== undefined);
    if (done.length === 0) return;
    for (const one of done) one.isCompleted = true;
    depth.count('a deletion was completed');
    const until = Math.max(...done.map(({ startedAt }) => startedAt)) - MOMENT_MS;
    const own = links.get(user) ?? [];
    const contacts = new Set(own.flatMap((link) => (link.firstAt <= until ? link.contact : [])));
    for (const { entry } of known()) {
      if (contacts.has(entry.contact) && Date.parse(entry.acceptedAt) <= until) {
        violate(`a deletion has left ${entry.contact} ${entry.day} behind`);
      }
    }
    for (const one of remembered.values()) {
      if (one.user === user && Date.parse(one.lastAt) <= until) {
        violate('a deletion has left behind which address the user had');
      }
    }
  }
}

function userOf(workspace: string, userId: string): string {
  return `${workspace}#user:${userKeyOf(workspace, userId)}`;
}
