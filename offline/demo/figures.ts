import * as v from 'valibot';

const requestsSchema = v.object({
  total: v.number(),
  items: v.array(v.object({ counts: v.record(v.string(), v.number()) })),
  older: v.optional(v.number()),
});
type RequestsPage = v.InferOutput<typeof requestsSchema>;
const callsSchema = v.array(v.object({ status: v.union([v.number(), v.string()]) }));
/** `isAtNat` is false for an interaction that is not delivered. */
const interactionSchema = v.object({ isAtNat: v.optional(v.boolean(), true) });
const contactsSchema = v.object({
  items: v.array(v.object({ interactions: v.array(interactionSchema) })),
});

/**
 * Reads from the Nat sandbox what became of all events.
 *
 * @param natUrl the address of the sandbox
 * @returns a line for each figure
 */
export async function readFigures(natUrl: string): Promise<string> {
  const { requests, counts } = await countEvents(natUrl);
  const calls = v.parse(callsSchema, await readJson(`${natUrl}/calls`));
  const refused = calls.filter(({ status }) => status !== 200).length;
  const { items } = v.parse(contactsSchema, await readJson(`${natUrl}/contacts`));
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
    const page: RequestsPage = v.parse(requestsSchema, await readJson(url));
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
