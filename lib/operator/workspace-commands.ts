import { randomBytes } from 'node:crypto';
import { HOUR_MS } from '../runtime/durations.ts';
import { hashOfApiKey, newApiKey } from '../workspaces/api-key.ts';
import { sealField, unsealNatApiKey } from '../workspaces/sealed-fields.ts';
import type { Workspace, WorkspaceChanges } from '../workspaces/workspace.ts';
import { DEFAULT_GRACE_HOURS, type Handlers, type Input } from './commands.ts';
import { customFormatChange } from './custom-format-change.ts';
import type { OperatorDependencies } from './dependencies.ts';
import { DEFAULT_STANDARD_MESSAGE } from './fields.ts';
import { findRecords } from './find-records.ts';
import { OperatorError } from './operator-error.ts';
import { releaseAfterNewKey } from './release.ts';

/** The commands that add customers and change them. */
export function createWorkspaceCommands({ workspaces, secrets, repairs }: OperatorDependencies) {
  return {
    'workspace.add': add,
    'workspace.list': async () => (await workspaces.list()).map(withoutSecrets),
    'workspace.update': update,
    'workspace.rotate': rotate,
    'workspace.disable': ({ id }) => changeAll(id, { status: 'disabled' }),
    'workspace.enable': ({ id }) => changeAll(id, { status: 'active' }),
  } satisfies Partial<Handlers>;

  async function add(input: Input<'workspace.add'>) {
    const id = input.id ?? `ws-${randomBytes(6).toString('hex')}`;
    if ((await workspaces.recordsOf(id)).length > 0) {
      throw new OperatorError('id: there is already a workspace with this id; choose another one');
    }
    const apiKey = input.apiKey ?? newApiKey();
    const workspace: Workspace = {
      key: hashOfApiKey(apiKey),
      id,
      name: input.name,
      status: 'active',
      timeZone: input.timeZone ?? 'UTC',
      standardMessage: input.standardMessage ?? DEFAULT_STANDARD_MESSAGE,
      natApiKey: sealField(secrets, id, 'natApiKey', input.natApiKey ?? apiKey),
      ...(input.sharedSecret !== undefined && {
        sharedSecret: sealField(secrets, id, 'sharedSecret', input.sharedSecret),
      }),
      createdAt: new Date().toISOString(),
    };
    await addRecord(workspace);
    return { ...withoutSecrets(workspace), ...(input.apiKey === undefined && { apiKey }) };
  }

  async function update({ id, ...settings }: Input<'workspace.update'>) {
    if (Object.values(settings).every((value) => value === undefined)) {
      throw new OperatorError('there is nothing to change: give at least one setting');
    }
    const { name, timeZone, standardMessage, natApiKey, sharedSecret } = settings;
    const [current] = await findRecords(workspaces, 'id', id);
    const updated = { ...current, timeZone: timeZone ?? current.timeZone };
    const { extracted, ...format } = (await customFormatChange(updated, settings)) ?? {};
    const records = await changeAll(id, {
      name,
      timeZone,
      standardMessage,
      natApiKey: natApiKey && sealField(secrets, id, 'natApiKey', natApiKey),
      sharedSecret: toSealedSecret(id, sharedSecret),
      ...format,
    });
    if (natApiKey !== undefined) await releaseAfterNewKey(repairs, id);
    return records.map((record) => ({ ...record, ...(extracted && { extracted }) }));
  }

  /** An empty secret takes the one there is away. */
  function toSealedSecret(id: string, secret: string | undefined) {
    return secret === '' ? null : secret && sealField(secrets, id, 'sharedSecret', secret);
  }

  /** Changes every record of the workspace, so that keys in their grace time have it too. */
  async function changeAll(id: string, changes: WorkspaceChanges) {
    const changed: Workspace[] = [];
    for (const record of await findRecords(workspaces, 'id', id)) {
      changed.push(await workspaces.update(record, changes));
    }
    return changed.map(withoutSecrets);
  }

  async function rotate({ id, graceHours = DEFAULT_GRACE_HOURS, ...keys }: Rotation) {
    const records = await findRecords(workspaces, 'id', id);
    const [current] = records;
    const apiKey = keys.apiKey ?? newApiKey();
    const { validUntil: _, natKeyRejectedAt: __, ...settings } = current;
    const next: Workspace = {
      ...settings,
      key: hashOfApiKey(apiKey),
      natApiKey: sealField(secrets, id, 'natApiKey', natApiKeyAfter(current, keys)),
      createdAt: new Date().toISOString(),
    };
    await addRecord(next);
    const validUntil = new Date(Date.now() + graceHours * HOUR_MS).toISOString();
    for (const record of records) {
      if (record.validUntil === undefined) await workspaces.update(record, { validUntil });
    }
    await releaseAfterNewKey(repairs, id);
    const madeKey = keys.apiKey === undefined && { apiKey };
    return { ...withoutSecrets(next), oldKeyValidUntil: validUntil, ...madeKey };
  }

  /** Nat does not know an API key that is made here, so then Nat's old key stays in use. */
  function natApiKeyAfter(current: Workspace, { apiKey, natApiKey }: NewKeys): string {
    if (natApiKey !== undefined) return natApiKey;
    const before = unsealNatApiKey(secrets, current);
    if (before === undefined) {
      throw new OperatorError('natApiKey: the present key cannot be read; give the new one');
    }
    const wasApiKey = hashOfApiKey(before) === current.key;
    return wasApiKey ? (apiKey ?? before) : before;
  }

  async function addRecord(workspace: Workspace): Promise<void> {
    if (await workspaces.add(workspace)) return;
    throw new OperatorError('apiKey: this or another workspace uses it already; give another one');
  }
}

type Rotation = Input<'workspace.rotate'>;
type NewKeys = Pick<Rotation, 'apiKey' | 'natApiKey'>;

function withoutSecrets({ key: _, natApiKey: __, sharedSecret, ...settings }: Workspace) {
  return { ...settings, signed: sharedSecret !== undefined };
}
