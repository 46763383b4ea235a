import type { Program } from './bundles.ts';
import type { Work } from './child.ts';
import type { Machine } from './machine.ts';
import { ratioRow, type Section } from './section.ts';
import { alternate, compare } from './statistics.ts';

const CALLS = 1000;
const WARM_UP = 500;
const BATCHES = 5;
const BATCH = 1000;

/** What a request costs in a container that runs already. */
export function warmSection(machine: Machine, rounds: number): Section {
  let domains = 0;
  /** CPU time of one call, or one batch, ms. Each process has contacts of its own. */
  const measure = async (
    program: Program,
    { calls, kind, contacts }: Pick<Work, 'calls' | 'kind' | 'contacts'>,
    earlier: Omit<Work, 'calls'> | undefined,
  ): Promise<number> => {
    domains += 1;
    const domain = `warm-${domains}.example`;
    // Duplicates that this container has not seen were accepted by another one.
    if (earlier !== undefined) await machine.run(program, { domain, first: { ...earlier, calls } });
    const { measured } = await machine.run(program, {
      domain,
      warmUp: { kind, calls: kind === 'batch' ? 1 : WARM_UP, from: 1_000_000 },
      measured: { kind, calls, from: 0, ...(contacts !== undefined && { contacts }) },
    });
    return (measured?.cpuMs ?? Number.NaN) / calls;
  };
  const calls = { kind: 'single', calls: CALLS } as const;
  const seen = { ...calls, contacts: 1 };
  const earlier = { kind: 'single', from: 0 } as const;
  return {
    name: 'warm',
    title: 'A request in a warm container',
    about:
      'CPU time per call, over a local DynamoDB, without the CPU time of the DynamoDB. A duplicate is ' +
      'seen if this container remembers it, and unseen if only the table knows it.',
    async measure(onProgress) {
      const results = await alternate(
        {
          new: () => measure('identify', calls, undefined),
          plainNew: () => measure('plain', calls, undefined),
          seen: () => measure('identify', seen, undefined),
          plainSeen: () => measure('plain', seen, undefined),
          unseen: () => measure('identify', calls, earlier),
          plainUnseen: () => measure('plain', calls, earlier),
          batch: () => measure('identify', { kind: 'batch', calls: BATCHES }, undefined),
        },
        rounds,
        (round) => onProgress(`${round} of ${rounds}`),
      );
      const single = results.new.map((ms) => ms * BATCH);
      return [
        ratioRow('new: identify / plain handler', compare(results.new, results.plainNew), 0.7),
        ratioRow(
          'duplicate, seen: identify / plain handler',
          compare(results.seen, results.plainSeen),
          0.1,
        ),
        ratioRow(
          'duplicate, unseen: identify / plain handler',
          compare(results.unseen, results.plainUnseen),
          0.5,
        ),
        ratioRow('a batch of 1,000 new / 1,000 calls', compare(results.batch, single), 0.1),
      ];
    },
  };
}
