import { randomBytes } from 'node:crypto';
import * as z from 'zod/mini';
import {
  type CommandName,
  commands,
  DEFAULT_GRACE_HOURS,
  DEFAULT_STANDARD_MESSAGE,
  type Input,
} from './operator-commands.ts';
import { hashOfApiKey, newApiKey, type Secrets } from './secrets.ts';
import type { Workspace, WorkspaceChange, Workspaces } from './workspaces.ts';

const HOUR_MS = 60 * 60 * 1000;

/** What an operator gets told; its message names the field. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}

/**
 * Carries out the operator's commands.
 *
 * @param workspaces the table
 * @param secrets what seals the keys in it
 */
export function createOperator(workspaces: Workspaces, secrets: Secrets) {
  return {
    /**
     * @param request `{"command": "workspace.add", "name": "Acme", …}`
     * @returns what the command answers, without any secret but a key made just now
     * @throws {OperatorError} if the command or one of its fields is wrong
     */
    async run(request: unknown): Promise<unknown> {
      const { command, ...input } = parse(requestSchema, request);
      switch (command) {
        case 'workspace.add':
          return add(parse(commands[command].input, input));
        case 'workspace.list':
          parse(commands[command].input, input);
          return (await workspaces.list()).map(shown);
        case 'workspace.update':
          return update(parse(commands[command].input, input));
        case 'workspace.rotate':
          return rotate(parse(commands[command].input, input));
        case 'workspace.disable':
          return change(parse(commands[command].input, input).id, { status: 'disabled' });
        case 'workspace.enable':
          return change(parse(commands[command].input, input).id, { status: 'active' });
        default:
          return command satisfies never;
      }
    },
  };

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
      natApiKey: sealed(workspaceId, 'natApiKey', input.natApiKey ?? apiKey),
      ...(input.sharedSecret !== undefined && {
        sharedSecret: sealed(workspaceId, 'sharedSecret', input.sharedSecret),
      }),
      createdAt: new Date().toISOString(),
    };
    await addRecord(workspace);
    return { ...shown(workspace), ...(input.apiKey === undefined && { apiKey }) };
  }

  async function update({ id, natApiKey, sharedSecret, ...settings }: Input<'workspace.update'>) {
    const changes = {
      ...settings,
      ...(natApiKey !== undefined && { natApiKey: sealed(id, 'natApiKey', natApiKey) }),
      ...(sharedSecret !== undefined && { sharedSecret: sealed(id, 'sharedSecret', sharedSecret) }),
    };
    if (Object.keys(changes).length === 0) {
      throw new OperatorError('nothing to change: give at least one setting');
    }
    return change(id, changes);
  }

  /** Every record of the workspace, so that a key in its grace time is treated alike. */
  async function change(id: string, changes: WorkspaceChange) {
    const records = await existing(id);
    for (const record of records) await workspaces.update(record, changes);
    return (await workspaces.recordsOf(id)).map(shown);
  }

  async function rotate(input: Input<'workspace.rotate'>) {
    const records = await existing(input.id);
    const [current] = records;
    const apiKey = input.apiKey ?? newApiKey();
    const natKey = secrets.unseal(current.natApiKey, `${current.id} natApiKey`);
    const wasApiKey = hashOfApiKey(natKey) === current.key;
    const { validUntil: _, natKeyRejectedAt: __, ...settings } = current;
    const next: Workspace = {
      ...settings,
      key: hashOfApiKey(apiKey),
      natApiKey: sealed(current.id, 'natApiKey', input.natApiKey ?? (wasApiKey ? apiKey : natKey)),
      createdAt: new Date().toISOString(),
    };
    await addRecord(next);
    const graceMs = (input.graceHours ?? DEFAULT_GRACE_HOURS) * HOUR_MS;
    const validUntil = new Date(Date.now() + graceMs).toISOString();
    for (const record of records) {
      if (record.validUntil === undefined) await workspaces.update(record, { validUntil });
    }
    return { ...shown(next), oldKeyValidUntil: validUntil, ...(input.apiKey ? {} : { apiKey }) };
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

  function sealed(workspaceId: string, field: string, text: string): string {
    return secrets.seal(text, `${workspaceId} ${field}`);
  }
}

const requestSchema = z.looseObject({
  command: z.enum(Object.keys(commands) as [CommandName, ...CommandName[]]),
});

function parse<T extends z.ZodMiniType>(schema: T, value: unknown): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const field =
      issue.path.join('.') || (issue.code === 'unrecognized_keys' ? issue.keys.join() : '');
    return `${field}: ${issue.message}`;
  });
  throw new OperatorError(problems.join('; '));
}

/** A workspace without its keys and secrets. */
function shown({ key: _, natApiKey: __, sharedSecret, ...settings }: Workspace) {
  return { ...settings, signed: sharedSecret !== undefined };
}
