import * as z from 'zod/mini';

const requestsSchema = z.object({
  total: z.number(),
  items: z.array(z.object({ counts: z.record(z.string(), z.number()) })),
  older: z.optional(z.number()),
});
const callsSchema = z.array(z.object({ status: z.union([z.number(), z.string()]) }));
/** `isAtNat` is false for an interaction that is not delivered. */
const interactionSchema = z.object({ isAtNat: z._default(z.boolean(), true) });
const contactsSchema = z.object({
  items: z.array(z.object({ interactions: z.array(interactionSchema) })),
});

/**
 * Reads from the Nat sandbox what became of all events.
 *
 * @param natUrl the address of the sandbox
 * @returns a line for each figure
 */
export async function readFigures(natUrl: string): Promise<string> {
  const { requests, counts } = await countEvents(natUrl);
  const calls = callsSchema.parse(await readJson(`${natUrl}/calls`));
  const refused = calls.filter(({ status }) => status !== 200).length;
  const { items } = contactsSchema.parse(await readJson(`${natUrl}/contacts`));
  const atNat = items.flatMap(({ interactions }) => interactions).filter(({ isAtNat }) => isAtNat);
  const figures: [count: number, what: string][] = [
    [requests, 'requests from both SDKs'],
    ...Object.entries(counts).map(([status, n]): [number, string] => [n, `events ${status}`]),
    [calls.length - refused, 'calls that Nat took'],
    [refused, 'calls that Nat refused while it was down'],
    [atNat.length, `interactions on the timelines of ${items.length} contacts`],
  ];
  return figures.map(([count, what]) => `${String(count).padStart(5)}  ${what}`).join('\n');
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
