import type { MasterRecord } from '../workspaces/master-record.ts';
import { sealIfNew } from '../workspaces/sealed-fields.ts';
import { addWorkspace } from './add-workspace.ts';
import type { Continuations, Handlers, Input } from './commands.ts';
import { customFormatChange } from './custom-format-change.ts';
import type { OperatorDependencies } from './dependencies.ts';
import { editWorkspace, findWorkspace } from './edit-workspace.ts';
import { OperatorError } from './operator-error.ts';
import { createRemoval } from './remove-workspace.ts';
import { revokeKey, rotateKey } from './rotate-key.ts';
import { unknownWorkspace } from './unknown-workspace.ts';
import { createWaitingRepairs } from './waiting.ts';
import { earlierKeysValidUntil, toView } from './workspace-view.ts';

const TIME_ZONE_NOTE =
  'On the day of the change a contact can get two interactions: one counted in the old time zone, and one in the new one.';

/** The commands that add customers, change them and remove them. */
export function createWorkspaceCommands(dependencies: OperatorDependencies) {
  const { registry, secrets, repairs, remainingMs } = dependencies;
  const waiting = createWaitingRepairs(repairs, remainingMs);
  const removal = createRemoval(registry, repairs, remainingMs);

  const handlers = {
    'workspace.add': async (input) => {
      const { master, ...madeKey } = await addWorkspace(registry, secrets, input);
      return { ...(await viewOf(master)), ...madeKey };
    },
    'workspace.list': async () => (await registry.list()).map(toView),
    'workspace.show': async ({ workspace }) => {
      const master = await registry.find(workspace);
      if (master === undefined) throw unknownWorkspace();
      return viewOf(master);
    },
    'workspace.update': update,
    'workspace.rotate': async (input) => {
      const { master, ...madeKey } = await rotateKey(registry, secrets, input);
      const earlierKeys = { earlierKeysValidUntil: earlierKeysValidUntil(master) };
      return { ...(await viewOf(master)), ...earlierKeys, ...madeKey, ...(await release(input)) };
    },
    'workspace.revoke': async (input) => viewOf(await revokeKey(registry, input)),
    'workspace.disable': ({ workspace }) => setStatus(workspace, 'disabled'),
    'workspace.enable': ({ workspace }) => setStatus(workspace, 'active'),
    'workspace.remove': removal.start,
  } satisfies Partial<Handlers>;

  const continuations = {
    'workspace.update': (from) => waiting.resume('release', from),
    'workspace.rotate': (from) => waiting.resume('release', from),
    'workspace.remove': removal.resume,
  } satisfies Partial<Continuations>;

  return { handlers, continuations };

  async function update({ workspace, perSecond, ...settings }: Input<'workspace.update'>) {
    if (Object.values(settings).every((value) => value === undefined)) {
      throw new OperatorError('there is nothing to change: give at least one setting');
    }
    const { timeZone, natApiKey } = settings;
    const current = await findWorkspace(registry, workspace);
    const updated = { ...current, timeZone: timeZone ?? current.timeZone };
    const { extracted, customFormat } = (await customFormatChange(updated, settings)) ?? {};
    const master = await editWorkspace(registry, workspace, (before) =>
      withSettings(before, settings, customFormat),
    );
    return {
      ...(await viewOf(master)),
      ...(extracted && { extracted }),
      ...(timeZone !== undefined && { note: TIME_ZONE_NOTE }),
      ...(natApiKey !== undefined && (await release({ workspace, perSecond }))),
    };
  }

  /** @param customFormat `null` removes it, undefined leaves it as it is */
  function withSettings(
    before: MasterRecord,
    { name, timeZone, standardMessage, natApiKey, sharedSecret, deletions }: Settings,
    customFormat: MasterRecord['customFormat'] | null,
  ): MasterRecord {
    const { sharedSecret: sealedSecret, customFormat: format, ...others } = before;
    const secret =
      sharedSecret === undefined || sharedSecret === ''
        ? sharedSecret
        : sealIfNew(secrets, before, 'sharedSecret', sharedSecret);
    return {
      ...others,
      name: name ?? before.name,
      timeZone: timeZone ?? before.timeZone,
      standardMessage: standardMessage ?? before.standardMessage,
      ...(natApiKey !== undefined && {
        natApiKey: sealIfNew(secrets, before, 'natApiKey', natApiKey),
      }),
      // An empty secret takes the one there is away.
      ...keep('sharedSecret', secret === '' ? undefined : (secret ?? sealedSecret)),
      ...keep('deletions', deletions ?? before.deletions),
      ...keep('customFormat', customFormat === null ? undefined : (customFormat ?? format)),
    };
  }

  async function setStatus(workspace: string, status: MasterRecord['status']) {
    return viewOf(await editWorkspace(registry, workspace, (before) => ({ ...before, status })));
  }

  async function release({
    workspace,
    perSecond,
  }: Pick<Input<'workspace.rotate'>, 'workspace' | 'perSecond'>) {
    return waiting.release({ workspace, perSecond });
  }

  async function viewOf(master: MasterRecord) {
    return toView({ ...master, natKeyRejectedAt: await registry.natKeyRejectedAt(master) });
  }
}

type Settings = Omit<Input<'workspace.update'>, 'workspace' | 'perSecond'>;

/** A field that is left out if it has no value. */
function keep<Name extends string, T>(name: Name, value: T | undefined) {
  return value === undefined ? {} : { [name]: value };
}
