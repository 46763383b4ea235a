import { expect, it } from 'vitest';
import { fieldsOf } from '../../cli/operate/options.ts';
import { type CommandName, commands } from '../../lib/operator/commands.ts';

const fields = Object.keys(commands).flatMap((command) =>
  fieldsOf(command as CommandName).map((field) => ({ command, ...field })),
);

it('every option of every command has a help text', () => {
  const silent = fields.filter(({ description }) => description === '');
  expect(silent.map(({ command, field }) => `${command} ${field}`)).toEqual([]);
  expect(fields).not.toEqual([]);
});

it('the options that take a secret are marked, and no others', () => {
  const secrets = fields.filter(({ isSecret }) => isSecret).map(({ field }) => field);
  expect(new Set(secrets)).toEqual(new Set(['apiKey', 'natApiKey', 'sharedSecret']));
});
