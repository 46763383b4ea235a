import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { interactionId, type LedgerEntry } from '../../lib/ledger/entry.ts';
import type { Reading } from '../differential/naive-reading.ts';
import type { Expectation } from './expectation.ts';
import { dayAt, SENDERS, type Sender } from './senders.ts';
import type { Effects, Target } from './target.ts';
import { type Verdict, verdictOf } from './verdict.ts';

type ReadInteraction = Exclude<Reading, string>;

/** The answer to a request, its effects, and what the documents expect. */
export interface Exchange {
  answer: APIGatewayProxyStructuredResultV2;
  effects: Effects;
  expected: Expectation;
}

/** Compares each answer with the writes, and with the expectation of an independent reading. */
export function createChecks({ contactOf }: Pick<Target, 'contactOf'>) {
  /** The ids of all interactions in the ledger. */
  const known = new Set<string>();

  return {
    /**
     * @returns the answer as it was read, and each broken promise
     * @throws if the interface has no such answer
     */
    check({ answer, effects, expected }: Exchange): { verdict: Verdict; problems: string[] } {
      const verdict = verdictOf(answer);
      const { written, unexpected } = effects;
      const problems = [
        ...unexpected.map((operation) => `unexpected operation ${operation}`),
        ...written.flatMap(problemsOfEntry),
        ...problemsOfCount(verdict, written),
        ...problemsWith(expected, verdict, written),
      ];
      for (const entry of written) known.add(interactionId(entry));
      return { verdict, problems };
    },
  };

  /** Each write has to be new and complete, with the key of its contact and day. */
  function problemsOfEntry(entry: LedgerEntry): string[] {
    const { event, contact, day, status } = entry;
    const sender = SENDERS.find(({ id }) => contact.startsWith(`${id}#`));
    if (sender === undefined || event === undefined)
      return ['wrote an item that is not an interaction'];
    const expectedDay = dayAt(sender, Date.parse(event.timestamp));
    const problems: string[] = [];
    if (known.has(interactionId(entry))) problems.push('overwrote an interaction');
    if (status !== 'pending') problems.push(`wrote a ${status} interaction`);
    if (contact !== contactOf(sender.id, event.email)) problems.push('wrote under another contact');
    if (expectedDay !== undefined && day !== expectedDay) problems.push('wrote under another day');
    return problems;
  }

  function problemsWith(
    expected: Expectation,
    { statusCode, results }: Verdict,
    written: LedgerEntry[],
  ): string[] {
    if (expected === 'unknown') return [];
    if ('status' in expected) {
      return statusCode === expected.status
        ? []
        : [`answered ${statusCode} instead of ${expected.status}`];
    }
    const { sender, form, events } = expected;
    if (form === 'single' && results.length === 0)
      return problemsOfRejection(events[0], statusCode);
    const mustFail = form === 'array' && results.length > 0 && results.every(isRejected);
    if (results.length !== events.length || (statusCode === 400) !== mustFail) {
      return [`${statusCode} with ${results.length} results for ${events.length} events`];
    }
    return problemsOfResults(sender, events, results, written);
  }

  /** Each event that the independent reading understands has to be answered and written the same. */
  function problemsOfResults(
    sender: Sender,
    events: Reading[],
    results: string[],
    written: LedgerEntry[],
  ): string[] {
    const entries = new Map(written.map((entry) => [interactionId(entry), entry]));
    const seen = new Set(known);
    const isCertain = !events.includes('unknown');
    return events.flatMap((event, at) => {
      const result = results[at] ?? 'nothing';
      if (event === 'unknown') return [];
      if (typeof event === 'string') {
        return result === event ? [] : [`event ${at}: ${result}, expected ${event}`];
      }
      const name = interactionId({ contact: contactOf(sender.id, event.email), day: event.day });
      // An event that the reading does not understand may be the first of this contact and day.
      const good = seen.has(name)
        ? ['duplicate']
        : ['accepted', ...(isCertain ? [] : ['duplicate'])];
      seen.add(name);
      if (!good.includes(result)) return [`event ${at}: ${result}, expected ${good.join(' or ')}`];
      if (!known.has(name) && !entries.has(name))
        return [`event ${at}: ${result}, but not in the ledger`];
      return result === 'accepted' ? differences(entries.get(name), event) : [];
    });
  }
}

function problemsOfCount({ statusCode, results }: Verdict, written: LedgerEntry[]): string[] {
  const accepted = results.filter((result) => result === 'accepted').length;
  if (accepted !== written.length) {
    return [`${statusCode}: ${accepted} accepted, but ${written.length} written`];
  }
  return [];
}

function differences(entry: LedgerEntry | undefined, read: ReadInteraction): string[] {
  const fields = ['email', 'timestamp', 'description'] as const;
  return fields
    .filter((field) => entry?.event?.[field] !== read[field])
    .map((field) => `wrote another ${field}`);
}

function problemsOfRejection(event: Reading | undefined, statusCode: number): string[] {
  const good = { rejected: [400, 413], ignored: [501], unknown: [400, 413, 501] };
  const expected = typeof event === 'string' ? good[event] : [200];
  return expected.includes(statusCode)
    ? []
    : [`answered ${statusCode} instead of ${expected.join(' or ')}`];
}

function isRejected(result: string): boolean {
  return result === 'rejected';
}
