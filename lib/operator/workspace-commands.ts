import { randomBytes } from 'node:crypto';
import pMap from 'p-map';
import { RETRY_QUEUES } from '../ledger/queues.ts';
import { hashOfApiKey, newApiKey } from '../workspaces/api-key.ts';
import {
  WORKSPACE_CHANGE_SEEN_MS,
  type Workspace,
  type WorkspaceChange,
} from '../workspaces/workspaces.ts';
import {
  DEFAULT_GRACE_HOURS,
  DEFAULT_STANDARD_MESSAGE,
  type Handlers,
  type Input,
} from './commands.ts';
import { customFormatChange } from './custom-format-change.ts';
import type { OperatorDependencies } from './interaction-commands.ts';
import { OperatorError } from './operator-error.ts';

const HOUR_MS = 60 * 60 * 1000;
/** Releases under way at once, in each of the shards. */
const CONCURRENT_WRITES = 20;

/** The commands that add customers and change them. */
export function createWorkspaceCommands({ workspaces, secrets, repairs }: OperatorDependencies) {
  return {
    'workspace.add': add,
    'workspace.list': async () => (await workspaces.list()).map(toView),
    'workspace.update': update,
    'workspace.rotate': rotate,
    'workspace.disable': ({ id }) => change(id, { status: 'disabled' }),
    'workspace.enable': ({ id }) => change(id, { status: 'active' }),
  } satisfies Partial<Handlers>;

  async function add(input: Input<'workspace.add'>) {
    const workspaceId = input.id ?? `ws-${randomBytes(6).toString('hex')}`;
    if ((await workspaces.recordsOf(workspaceId)).length > 0) {
      throw new OperatorError('id: there is a workspace of that id already');
    }
    const apiKey = input.apiKey ?? newApiKey();
    const workspace: Workspace = {
      key: hashOfApiKey(apiKey),
      id: workspaceId,
      name: input.name,
      status: 'active',
      timeZone: input.timeZone ?? 'UTC',
      standardMessage: input.standardMessage ?? DEFAULT_STANDARD_MESSAGE,
      natApiKey: seal(workspaceId, 'natApiKey', input.natApiKey ?? apiKey),
      ...(input.sharedSecret !== undefined && {
        sharedSecret: seal(workspaceId, 'sharedSecret', input.sharedSecret),
      }),
      createdAt: new Date().toISOString(),
    };
    await addRecord(workspace);
    return { ...toView(workspace), ...(input.apiKey === undefined && { apiKey }) };
  }

  async function update(input: Input<'workspace.update'>) {
    const { id, ...settings } = input;
    if (Object.values(settings).every((value) => value === undefined)) {
      throw new OperatorError('nothing to change: give at least one setting');
    }
    const { name, timeZone, standardMessage, natApiKey, sharedSecret } = settings;
    const [current] = await existing(id);
    const then = { ...current, timeZone: timeZone ?? current.timeZone };
    const { extracted, ...format } = (await customFormatChange(then, settings)) ?? {};
    const changes: WorkspaceChange = {
      name,
      timeZone,
      standardMessage,
      natApiKey: natApiKey && seal(id, 'natApiKey', natApiKey),
      sharedSecret:
        sharedSecret === '' ? null : sharedSecret && seal(id, 'sharedSecret', sharedSecret),
      ...format,
    };
    const answer = await change(id, changes);
    if (natApiKey !== undefined) await release(id);
    return answer.map((record) => ({ ...record, ...(extracted && { extracted }) }));
  }

  /** Every record of the workspace, so that a key in its grace time is treated alike. */
  async function change(id: string, changes: WorkspaceChange) {
    const changed: Workspace[] = [];
    for (const record of await existing(id)) {
      changed.push(await workspaces.update(record, changes));
    }
    return changed.map(toView);
  }

  async function rotate(input: Input<'workspace.rotate'>) {
    const records = await existing(input.id);
    const [current] = records;
    const apiKey = input.apiKey ?? newApiKey();
    const { validUntil: _, natKeyRejectedAt: __, ...settings } = current;
    const next: Workspace = {
      ...settings,
      key: hashOfApiKey(apiKey),
      natApiKey: seal(current.id, 'natApiKey', natKeyAfter(current, input)),
      createdAt: new Date().toISOString(),
    };
    await addRecord(next);
    const graceMs = (input.graceHours ?? DEFAULT_GRACE_HOURS) * HOUR_MS;
    const validUntil = new Date(Date.now() + graceMs).toISOString();
    for (const record of records) {
      if (record.validUntil === undefined) await workspaces.update(record, { validUntil });
    }
    await release(current.id);
    return { ...toView(next), oldKeyValidUntil: validUntil, ...(input.apiKey ? {} : { apiKey }) };
  }

  /** Nat knows a new API key only if it made it: one that is made here changes nothing for Nat. */
  function natKeyAfter(current: Workspace, input: Input<'workspace.rotate'>): string {
    if (input.natApiKey !== undefined) return input.natApiKey;
    const before = natKeyOf(current);
    const wasApiKey = hashOfApiKey(before) === current.key;
    return wasApiKey ? (input.apiKey ?? before) : before;
  }

  function natKeyOf({ id, natApiKey }: Workspace): string {
    try {
      return secrets.unseal(natApiKey, `${id} natApiKey`);
    } catch {
      throw new OperatorError('natApiKey: the one there is cannot be read: give the new one');
    }
  }

  /** What a rejected key keeps waiting is tried with the new one, once nobody remembers the old. */
  async function release(workspace: string): Promise<void> {
    await pMap(RETRY_QUEUES, async (queue) => {
      let from: Parameters<typeof repairs.findQueued>[2];
      do {
        const page = await repairs.findQueued(queue, { workspace, before: Infinity }, from);
        const now = Date.now();
        await pMap(
          page.entries,
          (entry) => repairs.release(entry, now + WORKSPACE_CHANGE_SEEN_MS, now),
          {
            concurrency: CONCURRENT_WRITES,
          },
        );
        from = page.next;
      } while (from !== undefined);
    });
  }

  async function existing(workspaceId: string): Promise<[Workspace, ...Workspace[]]> {
    const [current, ...older] = await workspaces.recordsOf(workspaceId);
    if (current === undefined) throw new OperatorError('id: there is no workspace of that id');
    return [current, ...older];
  }

  async function addRecord(workspace: Workspace): Promise<void> {
    if (await workspaces.add(workspace)) return;
    throw new OperatorError('apiKey: it is in use already, by this or another workspace');
  }

  function seal(workspaceId: string, field: string, text: string): string {
    return secrets.seal(text, `${workspaceId} ${field}`);
  }
}

/** A workspace without its keys and secrets. */
function toView({ key: _, natApiKey: __, sharedSecret, ...settings }: Workspace) {
  return { ...settings, signed: sharedSecret !== undefined };
}
