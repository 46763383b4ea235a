import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { interactionId, type LedgerEntry } from '../../lib/ledger/entry.ts';
import type { Reading } from '../differential/naive-reading.ts';
import type { Expectation } from './expectation.ts';
import { dayAt, SENDERS, type Sender } from './senders.ts';
import type { Effects, Target } from './target.ts';
import { type Verdict, verdictOf } from './verdict.ts';

type ReadInteraction = Exclude<Reading, string>;

/** What was answered to a request, what it did, and what it should come to. */
export interface Exchange {
  answer: APIGatewayProxyStructuredResultV2;
  effects: Effects;
  expected: Expectation;
}

/** Compares each answer with what was written, and with what an independent reading expects. */
export function createChecks({ contactOf }: Pick<Target, 'contactOf'>) {
  /** Every interaction in the ledger, by its name. */
  const known = new Set<string>();

  return {
    /**
     * @returns what the answer says, and each promise that is broken
     * @throws if the answer is not one of the interface
     */
    check({ answer, effects, expected }: Exchange): { verdict: Verdict; problems: string[] } {
      const verdict = verdictOf(answer);
      const { written, unexpected } = effects;
      const problems = [
        ...unexpected.map((operation) => `asked for ${operation}`),
        ...written.flatMap(problemsOfEntry),
        ...problemsOfCount(verdict, written),
        ...problemsWith(expected, verdict, written),
      ];
      for (const entry of written) known.add(interactionId(entry));
      return { verdict, problems };
    },
  };

  /** What is written has to be new, whole, and under its own contact and day. */
  function problemsOfEntry(entry: LedgerEntry): string[] {
    const { event, contact, day, status } = entry;
    const sender = SENDERS.find(({ id }) => contact.startsWith(`${id}#`));
    if (sender === undefined || event === undefined) return ['wrote what is not an interaction'];
    const expectedDay = dayAt(sender, Date.parse(event.timestamp));
    const problems: string[] = [];
    if (known.has(interactionId(entry))) problems.push('wrote over what was there');
    if (status !== 'pending') problems.push(`wrote a ${status} interaction`);
    if (contact !== contactOf(sender.id, event.email)) problems.push('wrote to another contact');
    if (expectedDay !== undefined && day !== expectedDay) problems.push('wrote to another day');
    return problems;
  }

  function problemsWith(
    expected: Expectation,
    { statusCode, results }: Verdict,
    written: LedgerEntry[],
  ): string[] {
    if (expected === 'unknown') return [];
    if ('status' in expected) {
      return statusCode === expected.status ? [] : [`${statusCode}, not ${expected.status}`];
    }
    const { sender, single, events } = expected;
    if (single && results.length === 0) return problemsOfRejection(events[0], statusCode);
    if (results.length !== events.length || (statusCode >= 400 && results.length === 0)) {
      return [`${statusCode} with ${results.length} results for ${events.length} events`];
    }
    return problemsOfResults(sender, events, results, written);
  }

  /** Each event that could be read has to be answered, and to be there, as it was read. */
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
        return result === { refused: 'rejected', ignored: 'ignored' }[event]
          ? []
          : [`event ${at}: ${result}, although it is ${event}`];
      }
      const name = interactionId({ contact: contactOf(sender.id, event.email), day: event.day });
      // An event that could not be read may have been the first of this contact and day.
      const good = seen.has(name)
        ? ['duplicate']
        : ['accepted', ...(isCertain ? [] : ['duplicate'])];
      seen.add(name);
      if (!good.includes(result)) return [`event ${at}: ${result}, not ${good.join(' or ')}`];
      if (!known.has(name) && !entries.has(name)) return [`event ${at}: ${result}, but not there`];
      return result === 'accepted' ? differences(entries.get(name), event) : [];
    });
  }
}

function problemsOfCount({ statusCode, results }: Verdict, written: LedgerEntry[]): string[] {
  const accepted = results.filter((result) => result === 'accepted').length;
  if (accepted !== written.length) {
    return [`${statusCode}: ${accepted} answered accepted, but ${written.length} written`];
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
  const good = { refused: [400, 413], ignored: [501], unknown: [400, 413, 501] };
  const expected = typeof event === 'string' ? good[event] : [200, 202];
  return expected.includes(statusCode) ? [] : [`${statusCode}, not ${expected.join(' or ')}`];
}
