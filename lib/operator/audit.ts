import * as v from 'valibot';
import { parseCursor } from './cursor.ts';

/** Who ran which command on which workspace. It has the names of the options, but no value. */
export interface AuditEntry {
  command: string;
  /** As the caller says it: Lambda does not tell a function who invokes it. */
  caller: string;
  /** Absent if the command is about all workspaces. */
  workspace?: string;
  options: string[];
}

const scopeSchema = v.looseObject({ workspace: v.optional(v.string()) });

/**
 * Describes a command for the audit log.
 *
 * @param input the checked input of the command, or the `next` that it continues from
 */
export function auditEntryOf(command: string, caller: string, input: object): AuditEntry {
  const from = 'from' in input && typeof input.from === 'string' ? input.from : undefined;
  const scope = from === undefined ? input : parseCursor(scopeSchema, from);
  const { workspace } = v.parse(scopeSchema, scope);
  const options = Object.keys(input).filter((option) => option !== 'workspace');
  return { command, caller, ...(workspace !== undefined && { workspace }), options };
}
