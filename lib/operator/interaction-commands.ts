import pMap from 'p-map';
import { parseEmail } from '../event/email.ts';
import { RETRY_QUEUES } from '../ledger/queues.ts';
import type { Repairs } from '../ledger/repairs.ts';
import type { Secrets } from '../runtime/secrets.ts';
import type { Workspaces } from '../workspaces/workspaces.ts';
import type { Handlers } from './commands.ts';
import { OperatorError } from './operator-error.ts';
import { createRedrive } from './redrive.ts';
import { startWork } from './work-time.ts';

const CONCURRENT_WRITES = 20;

/** What the operator's commands work with. */
export interface OperatorDependencies {
  repairs: Repairs;
  workspaces: Workspaces;
  secrets: Secrets;
  /** How long the invocation may still take, ms. */
  remainingMs: () => number;
}

/** The commands that look at interactions and repair them. */
export function createInteractionCommands(parts: OperatorDependencies) {
  const { repairs, workspaces, secrets, remainingMs } = parts;
  const redrive = createRedrive(repairs, remainingMs);
  return {
    'interactions.show': async (input) => {
      const entries = await repairs.interactionsOf(await contactOf(input));
      return {
        interactions: entries.map(({ event, ...entry }) => ({ ...entry, ...toView(event) })),
      };
    },
    'interactions.redrive': async (input) => {
      if (input.workspace !== undefined) await mustExist(input.workspace);
      return redrive(input);
    },
    'contact.forget': async (input) => {
      const entries = await repairs.interactionsOf(await contactOf(input));
      await pMap(entries, repairs.forget, { concurrency: CONCURRENT_WRITES });
      return { forgotten: entries.length };
    },
    stats: async () => {
      const hasTime = startWork(remainingMs);
      const count = (queue: string) => repairs.countQueued(queue, hasTime);
      const [dead, retrying] = await Promise.all([
        count('dead'),
        Promise.all(RETRY_QUEUES.map(count)),
      ]);
      return {
        retrying: retrying.reduce((sum, shard) => sum + shard.count, 0),
        nextDueAt: retrying.flatMap(({ firstDueAt }) => firstDueAt ?? []).sort()[0] ?? null,
        dead: dead.count,
        oldestDeadSince: dead.firstDueAt ?? null,
        complete: [dead, ...retrying].every(({ complete }) => complete),
      };
    },
  } satisfies Partial<Handlers>;

  async function mustExist(workspace: string): Promise<void> {
    if ((await workspaces.recordsOf(workspace)).length > 0) return;
    throw new OperatorError('workspace: there is no workspace of that id');
  }

  async function contactOf({ workspace, email }: { workspace: string; email: string }) {
    await mustExist(workspace);
    return `${workspace}#${secrets.contactKey(workspace, parseEmail(email, 'email'))}`;
  }
}

function toView(event: { timestamp: string; description: string } | undefined) {
  return event && { timestamp: event.timestamp, description: event.description };
}
