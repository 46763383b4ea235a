import Table from 'cli-table3';
import * as z from 'zod/mini';

const requestsSchema = z.object({
  total: z.number(),
  items: z.array(z.object({ counts: z.record(z.string(), z.number()) })),
  older: z.optional(z.number()),
});
const totalsSchema = z.object({ answered: z.number(), needless: z.number() });
/** `isAtNat` is false for an interaction that is not delivered. */
const interactionSchema = z.object({ isAtNat: z._default(z.boolean(), true) });
const contactsSchema = z.object({
  items: z.array(z.object({ interactions: z.array(interactionSchema) })),
});

/**
 * Reads from the page of the Nat sandbox what became of all events.
 *
 * @param natUrl the address of the sandbox
 * @returns a table for people
 */
export async function readFigures(natUrl: string): Promise<string> {
  const { requests, counts } = await countEvents(natUrl);
  const totals = totalsSchema.parse(await readJson(`${natUrl}/calls/totals`));
  const { items } = contactsSchema.parse(await readJson(`${natUrl}/contacts`));
  const atNat = items.flatMap(({ interactions }) => interactions).filter(({ isAtNat }) => isAtNat);
  const table = new Table({ colAligns: ['left', 'right'] });
  table.push(
    ['requests from both SDKs', requests],
    ...Object.entries(counts).map(([status, count]): [string, number] => [
      `events ${status}`,
      count,
    ]),
    ['calls that Nat answered', totals.answered],
    ['calls that Nat did not need', totals.needless],
    ['contacts', items.length],
    ['interactions on their timelines', atNat.length],
  );
  return table.toString();
}

async function countEvents(natUrl: string) {
  const counts: Record<string, number> = {};
  let requests = 0;
  for (let url: string | undefined = `${natUrl}/requests`; url !== undefined; ) {
    const page = requestsSchema.parse(await readJson(url));
    requests = page.total;
    for (const [status, count] of page.items.flatMap((item) => Object.entries(item.counts))) {
      counts[status] = (counts[status] ?? 0) + count;
    }
    url = page.older === undefined ? undefined : `${natUrl}/requests?before=${page.older}`;
  }
  return { requests, counts };
}

async function readJson(url: string): Promise<unknown> {
  return (await fetch(url)).json();
}
