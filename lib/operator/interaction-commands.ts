import { parseEmail } from '../event/email.ts';
import { DEAD_QUEUE, RETRY_QUEUES } from '../ledger/queues.ts';
import { STUCK_AFTER_MS } from '../ledger/status/pending.ts';
import type { Continuations, Handlers, Input } from './commands.ts';
import type { OperatorDependencies } from './dependencies.ts';
import { withoutAddress } from './interaction-view.ts';
import { createListing } from './list-interactions.ts';
import { OperatorError } from './operator-error.ts';
import { createRedrive } from './redrive.ts';
import { createRestore } from './restore.ts';
import { unknownWorkspace } from './unknown-workspace.ts';
import { createWaitingRepairs } from './waiting.ts';
import { startWorkTime } from './work-time.ts';

/** The commands that show interactions and repair them. */
export function createInteractionCommands(dependencies: OperatorDependencies) {
  const { repairs, registry, secrets, remainingMs } = dependencies;
  const redrive = createRedrive(repairs, remainingMs);
  const waiting = createWaitingRepairs(repairs, remainingMs);
  const restore = createRestore(repairs, registry, remainingMs);
  const listing = createListing(repairs, remainingMs);

  const handlers = {
    'interactions.list': async (input) => {
      await checkWorkspace(input.workspace);
      return listing.start(input);
    },
    'interactions.show': async (input) => {
      const entries = await repairs.interactionsOf(await findContact(input));
      return { interactions: entries.map(withoutAddress) };
    },
    'interactions.redrive': async (input) => {
      await checkWorkspace(input.workspace);
      if (input.waiting !== true) return redrive.start(input);
      if (input.olderThanHours === undefined) return waiting.hasten(input);
      throw new OperatorError('olderThanHours: cannot be combined with waiting');
    },
    'interactions.restore': restore.start,
    'contact.forget': forget,
    stats: countQueues,
  } satisfies Partial<Handlers>;

  const continuations = {
    'interactions.list': listing.resume,
    'interactions.redrive': (from) =>
      waiting.isOwn(from) ? waiting.resume('hasten', from) : redrive.resume(from),
    'interactions.restore': restore.resume,
  } satisfies Partial<Continuations>;

  return { handlers, continuations };

  async function forget({ dryRun = false, ...contact }: Input<'contact.forget'>) {
    const name = await findContact(contact);
    if (!dryRun) return { forgotten: (await repairs.forgetContact(name)).length };
    const entries = await repairs.interactionsOf(name);
    return { interactions: entries.map(withoutAddress), dryRun };
  }

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
  async function findContact(input: Input<'interactions.show'>): Promise<string> {
    const { workspace, email, contactKey } = input;
    const master = await registry.find(workspace);
    if (master === undefined) throw unknownWorkspace();
    if (email !== undefined && contactKey === undefined) {
      return `${workspace}#${secrets.contacts.contactKey(master, parseEmail(email, 'email'))}`;
    }
    if (email !== undefined || contactKey === undefined) {
      throw new OperatorError('email: give either the email or the contactKey');
    }
    // A log line names a contact with its workspace.
    if (!contactKey.includes('#')) return `${workspace}#${contactKey}`;
    if (contactKey.startsWith(`${workspace}#`)) return contactKey;
    throw new OperatorError('contactKey: belongs to another workspace');
  }

  async function checkWorkspace(id: string | undefined): Promise<void> {
    if (id !== undefined && (await registry.find(id)) === undefined) throw unknownWorkspace();
  }
}
