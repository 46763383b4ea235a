import type { Env, Hono } from 'hono';
import type { Contact, Contacts, Interaction, UndeliveredInteraction } from './contacts.ts';
import { pageOf } from './paging.ts';
import { readBefore } from './query.ts';

/** A contact is collapsed to so many interactions. */
const LATEST = 5;

/**
 * Adds the routes that the page of timelines reads:
 *
 * - `GET /contacts?search=&before=` is a page of contacts, latest activity first, each with its
 *   latest interactions, delivered or not
 * - `GET /contacts/ACCOUNT/EMAIL` is one contact with all its interactions
 *
 * No answer contains an API key.
 */
export function addContactRoutes<E extends Env>(app: Hono<E>, contacts: Contacts): void {
  app.get('/contacts', (c) => {
    const matching = contacts.search((c.req.query('search') ?? '').trim().toLowerCase());
    const { items, ...page } = pageOf(matching, readBefore(c));
    return c.json({
      ...contacts.counts(),
      matching: matching.length,
      ...page,
      items: items.map((contact) => toView(contact, LATEST)),
    });
  });

  app.get('/contacts/:account/:email', (c) => {
    const { account, email } = c.req.param();
    const contact = contacts.findListed(Number(account), email);
    if (contact === undefined) return c.json({ message: 'there is no such contact' }, 404);
    return c.json(toView(contact, Number.POSITIVE_INFINITY));
  });
}

function toView({ account, email, interactions, undelivered, seq }: Contact, limit: number) {
  const days = new Map<string, InteractionView>();
  for (const { idempotencyKey: _, ...interaction } of interactions) {
    days.set(interaction.day, interaction);
  }
  for (const { day, ...interaction } of undelivered.values()) {
    const atNat = days.get(day);
    // The ledger hears of a delivery a moment later than Nat.
    if (atNat !== undefined && interaction.status === 'pending') continue;
    days.set(day, { ...interaction, ...atNat, day, isAtNat: atNat !== undefined });
  }
  const newestFirst = [...days.values()].sort((a, b) => b.day.localeCompare(a.day));
  return { account, email, seq, total: days.size, interactions: newestFirst.slice(0, limit) };
}

/** An interaction at Nat, or one that is not delivered, or both: its answer was lost. */
type InteractionView = Omit<Interaction, 'idempotencyKey'> &
  Partial<UndeliveredInteraction> & { isAtNat?: boolean };
