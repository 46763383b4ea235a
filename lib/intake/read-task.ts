import { readUserCall } from '../event/deletion.ts';
import { type Interaction, type NormalizeSettings, normalize } from '../event/normalize.ts';
import { Rejection } from '../event/rejection.ts';
import { type InteractionKey, interactionId } from '../ledger/entry.ts';
import { userPartition } from '../ledger/user-key.ts';
import type { ContactNames } from '../runtime/secrets.ts';
import type { Workspace } from '../workspaces/workspaces.ts';
import { checkEventLimits } from './event-limits.ts';
import { eventTimes } from './event-times.ts';

/** An interaction that may be accepted. */
export interface Candidate {
  interaction: Interaction;
  key: InteractionKey;
  /** The text form of the key. */
  id: string;
  /** The `userPartition` of the user whom the event names, if that is to be remembered. */
  user: string | undefined;
  /** When it was accepted, ms since the epoch. */
  at: number;
}

/** A deletion message. */
export interface UserDeletion {
  /** The `userPartition` of the user. */
  user: string;
  /** Everything that was accepted until then is to be deleted, ms since the epoch. */
  at: number;
}

/** What an event asks for; why it is refused if it is. */
export type Task = Candidate | UserDeletion | Rejection;

/** How the events of a request are read. */
export type TaskSettings = NormalizeSettings & Workspace;

/**
 * Reads the events of a request.
 *
 * @param contacts to name contacts and users
 * @param now the present, ms since the epoch
 * @returns one task per event, in order
 * @throws if another secret names the contacts of this workspace
 */
export function readTasks(
  events: unknown[],
  settings: TaskSettings,
  contacts: ContactNames,
  now: number,
): Task[] {
  const tasks = events.map((event) => readTask(event, settings, contacts, now));
  const times = eventTimes(tasks.map(isDeletion), now);
  return tasks.map((task, index) =>
    task instanceof Rejection ? task : { ...task, at: times[index] ?? now },
  );
}

export function isCandidate(task: Task): task is Candidate {
  return 'interaction' in task;
}

export function isDeletion(task: Task): task is UserDeletion {
  return !(task instanceof Rejection) && !isCandidate(task);
}

function readTask(
  event: unknown,
  settings: TaskSettings,
  contacts: ContactNames,
  now: number,
): Task {
  try {
    checkEventLimits(event);
    const { isDeletion, userId } = readUser(event, settings);
    const user =
      userId === undefined
        ? undefined
        : userPartition(settings.id, contacts.userKey(settings, userId));
    if (isDeletion && user !== undefined) return { user, at: now };
    const interaction = normalize(event, settings, now);
    const contactKey = contacts.contactKey(settings, interaction.email);
    const key = { contact: `${settings.id}#${contactKey}`, day: interaction.day };
    return { interaction, key, id: interactionId(key), user, at: now };
  } catch (error) {
    if (error instanceof Rejection) return error;
    throw error;
  }
}

/** Without deletions nobody looks at users, so that no event is rejected because of one. */
function readUser(event: unknown, { deletions }: Workspace) {
  return deletions === 'on' ? readUserCall(event) : { isDeletion: false, userId: undefined };
}
