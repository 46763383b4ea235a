import { toJsonSchema } from '@valibot/to-json-schema';
import { type Command, InvalidArgumentError, Option } from 'commander';
import * as v from 'valibot';
import type { CommandName } from '../../lib/operator/commands.ts';
import { commands } from '../../lib/operator/commands.ts';
import { secret } from '../../lib/operator/fields.ts';

/** A field of a command, as its schema describes it. */
const fieldSchema = v.object({
  type: v.optional(v.string()),
  enum: v.optional(v.array(v.string())),
  description: v.optional(v.string(), ''),
  /** JSON Schema's word for a secret. */
  writeOnly: v.optional(v.boolean(), false),
});

const schemaOfInput = v.object({
  properties: v.optional(v.record(v.string(), fieldSchema), {}),
  required: v.optional(v.array(v.string()), []),
});

/** The fields that a command takes. */
export function fieldsOf(name: CommandName) {
  const { input } = commands[name];
  const schema = toJsonSchema(input, {
    typeMode: 'input',
    // A check in our own code is left out.
    errorMode: 'ignore',
    overrideAction: ({ valibotAction, jsonSchema }) =>
      valibotAction === secret ? { ...jsonSchema, writeOnly: true } : undefined,
  });
  const { properties, required } = v.parse(schemaOfInput, schema);
  return Object.entries(properties).map(([field, { writeOnly, ...attributes }]) => ({
    field,
    ...attributes,
    isSecret: writeOnly,
    isRequired: required.includes(field),
  }));
}

/** Adds an option for each field, and those that only the command line has. */
export function addOptions(command: Command, name: CommandName): void {
  for (const { field, type, description, isSecret, isRequired, ...more } of fieldsOf(name)) {
    const help = `${description}${isSecret ? ' [secret]' : ''}${isRequired ? ' (required)' : ''}`;
    const option =
      type === 'boolean'
        ? new Option(flagOf(field), help)
        : valueOption(command, field, help, type === 'object' ? parseJson : undefined);
    command.addOption(more.enum === undefined ? option : option.choices(more.enum));
  }
  const { isLong, effect } = commands[name];
  if (isLong) {
    const help = 'continues an interrupted command: the last NEXT that it showed; no other option';
    command.addOption(valueOption(command, 'from', help));
  }
  if (effect === 'deletes') command.option('--yes', 'deletes without asking');
  const stage = valueOption(command, 'stage', 'a deployment (default: the local stack)');
  command.addOption(stage).option('--json', 'prints JSON instead of a table');
}

/** The field `olderThanHours` is `--older-than-hours` on the command line. */
export function flagOf(field: string): string {
  return `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function valueOption(
  command: Command,
  field: string,
  help: string,
  parse: (text: string) => unknown = (text) => text,
): Option {
  return new Option(`${flagOf(field)} <value>`, help).argParser((text) => {
    // A key may begin with a hyphen, so only the name of another option shows that the value is missing.
    if (command.options.some(({ long }) => long === text)) {
      throw new InvalidArgumentError('The value is missing.');
    }
    return parse(text);
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('It must be JSON.');
  }
}
