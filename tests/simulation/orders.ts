import { interactionId, workspaceIdOf } from '../../lib/ledger/entry.ts';
import { contactKeyOf } from '../in-process/secrets.ts';
import type { Depth } from './depth.ts';
import type { Known } from './known.ts';
import type { Invocation } from './scheduler.ts';

/** A command of the operator, as `operate` takes it. */
export interface Command {
  command: string;
  workspace?: string;
  email?: string;
  /** Continues a long command. */
  from?: string;
  [option: string]: unknown;
}

/** A command that is being run, or must be run again because it was cut off, failed, or is long. */
export interface Order {
  command: Command;
  /** Absent if it is about all workspaces. */
  workspace: string | undefined;
  /** ms of the virtual clock */
  notBefore: number;
}

/** Deletes interactions, and nothing else does. */
const DELETING = ['contact.forget', 'workspace.remove'];
/** The options that make a difference. */
const SHOWN = ['waiting', 'timeZone', 'sharedSecret', 'deletions', 'from'];
/** A removal overtakes all other commands. */
const COMING_AND_GOING = ['workspace.add', 'workspace.remove'];

/**
 * Remembers what operators have ordered.
 *
 * @param known gives all interactions
 * @param onRemoved called when a workspace was removed
 * @param violate called with each promise that is broken
 */
export function createOrders(
  known: () => Iterable<Known>,
  depth: Depth,
  onRemoved: (workspace: string) => void,
  violate: (what: string) => void,
) {
  const running = new WeakMap<Invocation, Order>();
  const unfinished: Order[] = [];
  const absences = new Map<string, 'leaving' | 'gone' | 'returning'>();

  return {
    /** The commands that must be run again. */
    unfinished,
    /** The customers without a workspace. */
    absences,
    runLater,

    /** true if the invocation runs a command that deletes interactions. */
    mayDelete: (invocation: Invocation): boolean =>
      DELETING.includes(running.get(invocation)?.command.command ?? ''),

    onBegun(invocation: Invocation, order: Order): void {
      running.set(invocation, order);
    },

    onCrash(invocation: Invocation): void {
      const order = running.get(invocation);
      if (order === undefined) return;
      depth.count(`${order.command.command} cut off`);
      runLater(order);
    },

    /** Called when a command is done. */
    onDone({ begunAt }: Invocation, { command, workspace = '' }: Order): void {
      const { command: name, email = '' } = command;
      depth.count([name, ...SHOWN.filter((option) => option in command)].join(' '));
      if (name === 'workspace.add') absences.delete(workspace);
      if (name === 'workspace.remove') {
        absences.set(workspace, 'gone');
        onRemoved(workspace);
        checkGone('removed workspace', ({ entry }) => workspaceIdOf(entry) === workspace);
      }
      if (name === 'contact.forget') {
        const contact = `${workspace}#${contactKeyOf(workspace, email)}`;
        // A request that was under way may be accepted after the contact was deleted.
        const isOld = ({ since }: Known) => since < begunAt;
        checkGone('forgotten contact', (one) => one.entry.contact === contact && isOld(one));
      }
    },
  };

  function runLater(order: Order): void {
    const isOwn = COMING_AND_GOING.includes(order.command.command);
    if (isOwn || !absences.has(order.workspace ?? '')) unfinished.push(order);
  }

  function checkGone(what: string, isLeft: (one: Known) => boolean): void {
    for (const one of known()) {
      if (isLeft(one)) violate(`a ${what} has left ${interactionId(one.entry)} behind`);
    }
  }
}
