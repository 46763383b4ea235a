import * as v from 'valibot';
import { OperatorError } from '../../lib/operator/operator-error.ts';
import { isoInstant } from '../../lib/runtime/iso-instant.ts';
import { parseIfValid } from '../../lib/runtime/parse-if-valid.ts';
import { CUSTOMERS, type Customer, TIME_ZONES } from './customers.ts';
import { begin } from './invocations.ts';
import type { Command } from './orders.ts';
import type { World } from './world.ts';

/** A long command is not done with one answer. */
const answerSchema = v.looseObject({
  done: v.optional(v.boolean()),
  next: v.optional(v.string()),
  resumeAt: v.optional(isoInstant),
});
/** What a command may say about a workspace that is removed, or being removed. */
const REMOVED = /no workspace with this id|is being removed|this removal has ended/;

/** An operator gives a command. */
export async function operate(
  world: World,
  command: Command,
  workspace = command.workspace,
): Promise<void> {
  const { orders, violate } = world;
  await begin(world, 'operate', async (container, invocation) => {
    const order = { command, workspace, notBefore: 0 };
    orders.onBegun(invocation, order);
    try {
      const answer = parseIfValid(answerSchema, await container.operate(invocation, command));
      if (invocation.state !== 'running') return;
      const { next: from, resumeAt = 0 } = answer ?? {};
      if (from === undefined) orders.onDone(invocation, order);
      else {
        const notBefore = new Date(resumeAt).getTime();
        orders.runLater({ command: { command: command.command, from }, workspace, notBefore });
      }
    } catch (error) {
      if (invocation.state !== 'running') return;
      if (!(error instanceof OperatorError)) orders.runLater(order);
      else if (!REMOVED.test(error.message)) violate(`operator: ${error.message}`);
    }
  });
}

/** Adds a workspace. A customer whose workspace was removed gets a new key. */
export function addWorkspace(world: World, { id, timeZone }: Customer): Promise<void> {
  return operate(world, {
    command: 'workspace.add',
    workspace: id,
    name: id,
    timeZone,
    deletions: 'on',
    apiKey: world.keyOf(id),
  });
}

/** Nat changes a customer's key. The operator adopts it now or later. */
export async function rotate(world: World): Promise<void> {
  const { id } = someCustomer(world);
  world.changeKeyAtNat(id);
  if (world.random.chance(0.8)) await adoptKey(world, id);
}

/** The operator replaces the secrets that seal keys and shared secrets. */
export function rotateSecrets(world: World): Promise<void> {
  return operate(world, { command: 'secrets.rotate' });
}

/** Nat rejects a customer's key, or accepts it again. Nobody tells the operator. */
export function block(world: World): void {
  const key = world.keyOf(someCustomer(world).id);
  if (!world.nat.goodKeys.delete(key)) world.nat.goodKeys.add(key);
}

/** The operator gives a customer the key that Nat accepts. */
function adoptKey(world: World, workspace: string): Promise<void> {
  const apiKey = world.keyOf(workspace);
  return operate(world, { command: 'workspace.rotate', workspace, apiKey });
}

/** The operator tries again what is dead, or hastens what is waiting. */
export function redrive(world: World): Promise<void> {
  const waiting = world.random.chance(0.3) ? { waiting: true } : {};
  return operate(world, { command: 'interactions.redrive', perSecond: 5, ...waiting });
}

/** The operator changes who gets in, and when a day begins. */
export function changeSettings(world: World): Promise<void> {
  const { random } = world;
  const { id: workspace, sharedSecret } = someCustomer(world);
  return operate(
    world,
    random.pick<Command>([
      { command: 'workspace.disable', workspace },
      { command: 'workspace.enable', workspace },
      { command: 'workspace.enable', workspace },
      { command: 'workspace.update', workspace, sharedSecret },
      { command: 'workspace.update', workspace, sharedSecret: '' },
      { command: 'workspace.update', workspace, timeZone: random.pick(TIME_ZONES) },
      { command: 'workspace.update', workspace, deletions: random.pick(['on', 'on', 'off']) },
    ]),
  );
}

/** A contact asks to be forgotten. */
export function forgetContact(world: World): Promise<void> {
  const { email } = world.sent[world.random.int(world.sent.length)] ?? {};
  if (email === undefined || email === '') return Promise.resolve();
  const customer = CUSTOMERS.find(({ id }) => email.endsWith(`@${id}.example`));
  return operate(world, { command: 'contact.forget', workspace: customer?.id ?? '', email });
}

/** A customer leaves, or comes back with a new key. */
export async function leaveOrReturn(world: World): Promise<void> {
  // Nobody else is at work on the workspace meanwhile.
  if ([...world.scheduler.running].some(({ name }) => name === 'operate')) return;
  const customer = world.random.pick(CUSTOMERS);
  const state = world.orders.absences.get(customer.id);
  if (state === undefined) {
    world.orders.absences.set(customer.id, 'leaving');
    await operate(world, { command: 'workspace.remove', workspace: customer.id });
  } else if (state === 'gone') {
    world.orders.absences.set(customer.id, 'returning');
    world.changeKeyAtNat(customer.id);
    await addWorkspace(world, customer);
  }
}

/** Runs a command again that was cut off, or continues a long one. */
export async function runAgain(world: World): Promise<void> {
  const { unfinished } = world.orders;
  const at = unfinished.findIndex(({ notBefore }) => notBefore <= Date.now());
  const [order] = at < 0 ? [] : unfinished.splice(at, 1);
  if (order !== undefined) await operate(world, order.command, order.workspace);
}

/** A customer that has a workspace, if there is one. */
function someCustomer({ random, orders }: World): Customer {
  const [first, ...others] = CUSTOMERS.filter(({ id }) => !orders.absences.has(id));
  return random.pick(first === undefined ? CUSTOMERS : [first, ...others]);
}
