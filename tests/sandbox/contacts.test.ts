import { expect, it } from 'vitest';
import type { LedgerInteraction } from '../../offline/sandbox/deliveries.ts';
import type { Sandbox } from '../../offline/sandbox/server.ts';
import { freshSandbox, identify, recommended } from './sandbox-client.ts';

const ID = 'local#key-of-peter#2020-05-31';

/** A part of `GET /contacts`. */
interface ContactPage {
  contacts: number;
  matching: number;
  newerCount: number;
  older?: number;
  newer?: number;
  items: { email: string; total: number; interactions: object[] }[];
}

async function contactsOf(sandbox: Sandbox, query: Record<string, string> = {}) {
  const response = await fetch(`${sandbox.url}/contacts?${new URLSearchParams(query)}`);
  return (await response.json()) as ContactPage;
}

function waiting(changes: Partial<LedgerInteraction> = {}): LedgerInteraction {
  return {
    apiKey: 'key-a',
    email: 'peter@example.com',
    timestamp: '2020-05-31T17:55:47.263Z',
    description: 'https://example.com',
    day: '2020-05-31',
    timeZone: 'UTC',
    status: 'retrying',
    attempts: 1,
    lastError: 'status 503',
    dueAt: '2020-05-31T17:56:47.263Z',
    ...changes,
  };
}

it('reaches every contact page by page, also while others become active', async () => {
  const sandbox = await freshSandbox();
  const emails = Array.from({ length: 210 }, (_, i) => `p${i}@example.com`);
  for (const email of emails) await identify(sandbox, recommended({ traits: { email } }));

  const seen: string[] = [];
  let page = await contactsOf(sandbox);
  expect(page.matching).toBe(210);
  while (true) {
    seen.push(...page.items.map(({ email }) => email));
    await identify(sandbox, recommended({ traits: { email: `new${seen.length}@example.com` } }));
    if (page.older === undefined) break;
    page = await contactsOf(sandbox, { before: String(page.older) });
  }
  expect(seen).toEqual(emails.toReversed());

  // Back again: the page before this one, which has moved.
  const back = await contactsOf(sandbox, { before: String(page.newer) });
  expect(back.items.map(({ email }) => email)).toEqual(seen.slice(150, 200));
});

it('collapses a contact to its latest five interactions, and shows all on request', async () => {
  const sandbox = await freshSandbox();
  const days = [1, 2, 3, 4, 5, 6, 7].map((n) => `2020-05-0${n}`);
  for (const day of days) {
    await identify(sandbox, recommended({ timestamp: `${day}T00:00:00Z` }));
  }

  const [contact] = (await contactsOf(sandbox)).items;
  expect(contact?.total).toBe(7);
  expect(contact?.interactions).toMatchObject(
    days
      .toReversed()
      .slice(0, 5)
      .map((day) => ({ day })),
  );
  const all = await fetch(`${sandbox.url}/contacts/1/${encodeURIComponent('peter@example.com')}`);
  expect(await all.json()).toMatchObject({
    total: 7,
    interactions: days.toReversed().map((day) => ({ day })),
  });
});

it.each(['ANN@', 'pricing', 'due-soon'])('finds a contact by %s, and counts', async (search) => {
  const sandbox = await freshSandbox();
  await identify(sandbox, recommended());
  const ann = {
    traits: { email: 'ann@example.com' },
    page: { url: 'https://example.com/Pricing' },
  };
  await identify(sandbox, recommended(ann));
  const description = 'https://example.com/due-soon';
  sandbox.deliveries.set(ID, waiting({ email: 'ann@example.com', day: '2020-06-01', description }));

  expect(await contactsOf(sandbox, { search })).toMatchObject({
    contacts: 2,
    matching: 1,
    items: [{ email: 'ann@example.com' }],
  });
});

it('shows what waits or is dead, until it is delivered', async () => {
  const sandbox = await freshSandbox();
  const shown = async () => (await contactsOf(sandbox)).items[0]?.interactions;
  sandbox.deliveries.set(ID, waiting({ status: 'pending', attempts: 0, lastError: null }));
  expect(await shown()).toMatchObject([{ status: 'pending', isAtNat: false }]);

  sandbox.deliveries.set(ID, waiting());
  const reason = { lastError: 'status 503', dueAt: '2020-05-31T17:56:47.263Z' };
  expect(await shown()).toMatchObject([{ status: 'retrying', ...reason, isAtNat: false }]);

  // Nat has it, but its answer was lost.
  await identify(sandbox, recommended());
  expect(await shown()).toMatchObject([{ status: 'retrying', isAtNat: true }]);

  sandbox.deliveries.setDelivered(ID);
  // A record that was overtaken.
  sandbox.deliveries.set(ID, waiting());
  const [delivered] = (await shown()) ?? [];
  expect(delivered).toEqual({
    timestamp: '2020-05-31T17:55:47.263Z',
    day: '2020-05-31',
    timeZone: 'UTC',
    description: 'https://example.com',
  });
});

it('forgets a contact of which nothing was delivered and nothing waits', async () => {
  const sandbox = await freshSandbox();
  sandbox.deliveries.set(ID, waiting({ status: 'dead' }));
  expect(await contactsOf(sandbox)).toMatchObject({ contacts: 1 });

  sandbox.deliveries.remove(ID);

  expect(await contactsOf(sandbox)).toMatchObject({ contacts: 0, items: [] });
});

it('an interaction that waits is no part of the timeline at Nat', async () => {
  const sandbox = await freshSandbox();
  sandbox.deliveries.set(ID, waiting());

  const timeline = await fetch(`${sandbox.url}/timelines/peter@example.com`, {
    headers: { authorization: 'Bearer key-a' },
  });

  expect(timeline.status).toBe(404);
});
