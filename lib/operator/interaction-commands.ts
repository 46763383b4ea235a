import pMap from 'p-map';
import { parseEmail } from '../event/email.ts';
import type { LedgerEntry } from '../ledger/entry.ts';
import { DEAD_QUEUE, RETRY_QUEUES } from '../ledger/queues.ts';
import { CONCURRENT_REPAIRS } from '../ledger/repairs.ts';
import { STUCK_AFTER_MS } from '../ledger/status/pending.ts';
import type { Handlers, Input } from './commands.ts';
import type { OperatorDependencies } from './dependencies.ts';
import { findRecords } from './find-records.ts';
import { createRedrive } from './redrive.ts';
import { startWorkTime } from './work-time.ts';

/** The commands that show interactions and repair them. */
export function createInteractionCommands(dependencies: OperatorDependencies) {
  const { repairs, workspaces, secrets, remainingMs } = dependencies;
  const redrive = createRedrive(repairs, remainingMs);
  return {
    'interactions.show': async (input) => {
      const entries = await repairs.interactionsOf(await findContact(input));
      return { interactions: entries.map(withoutAddress) };
    },
    'interactions.redrive': async (input) => {
      if (input.workspace !== undefined) {
        await findRecords(workspaces, 'workspace', input.workspace);
      }
      return redrive(input);
    },
    'contact.forget': async (input) => {
      const entries = await repairs.interactionsOf(await findContact(input));
      await pMap(entries, repairs.forget, { concurrency: CONCURRENT_REPAIRS });
      return { forgotten: entries.length };
    },
    stats: countQueues,
  } satisfies Partial<Handlers>;

  async function countQueues() {
    const hasTime = startWorkTime(remainingMs);
    const count = (queue: string) => repairs.countQueued(queue, hasTime);
    const [dead, retrying, stuck] = await Promise.all([
      count(DEAD_QUEUE),
      Promise.all(RETRY_QUEUES.map(count)),
      repairs.countStuck({ acceptedUntil: Date.now() - STUCK_AFTER_MS }, hasTime),
    ]);
    return {
      retrying: retrying.reduce((sum, queue) => sum + queue.count, 0),
      nextDueAt: retrying.flatMap(({ firstDueAt }) => firstDueAt ?? []).sort()[0] ?? null,
      dead: dead.count,
      oldestDeadSince: dead.firstDueAt ?? null,
      pendingOverAnHour: stuck.count,
      complete: [dead, ...retrying, stuck].every(({ complete }) => complete),
    };
  }

  /** @returns the ledger's `contact` */
  async function findContact({ workspace, email }: Input<'contact.forget'>): Promise<string> {
    await findRecords(workspaces, 'workspace', workspace);
    return `${workspace}#${secrets.contactKey(workspace, parseEmail(email, 'email'))}`;
  }
}

function withoutAddress({ event, ...entry }: LedgerEntry) {
  if (event === undefined) return entry;
  const { timestamp, description } = event;
  return { ...entry, timestamp, description };
}
