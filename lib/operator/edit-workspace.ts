import type { MasterRecord } from '../workspaces/master-record.ts';
import type { Registry } from '../workspaces/registry.ts';
import { OperatorError } from './operator-error.ts';
import { unknownWorkspace } from './unknown-workspace.ts';

/**
 * Finds a workspace that can be changed.
 *
 * @throws {OperatorError} if there is none, or it is being removed
 */
export async function findWorkspace(registry: Registry, id: string): Promise<MasterRecord> {
  return checkChangeable(await registry.find(id));
}

/**
 * Changes a workspace. The same change again changes nothing, but completes an interrupted one.
 *
 * @param edit see `change` of the registry
 * @throws {OperatorError} if there is none, or it is being removed
 */
export async function editWorkspace(
  registry: Registry,
  id: string,
  edit: (current: MasterRecord) => MasterRecord,
): Promise<MasterRecord> {
  return checkChangeable(await registry.change(id, (current) => edit(checkChangeable(current))));
}

function checkChangeable(master: MasterRecord | undefined): MasterRecord {
  if (master === undefined) throw unknownWorkspace();
  if (master.removedAt === undefined) return master;
  throw new OperatorError('workspace: is being removed; run workspace.remove to the end');
}
