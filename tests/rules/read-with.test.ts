import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { readWith } from '../../lib/runtime/read-with.ts';

const schema = v.strictObject({
  name: v.pipe(v.string(), v.minLength(2), v.maxLength(4)),
  days: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(7), v.maxValue(30))),
  deletions: v.optional(v.picklist(['on', 'off'])),
  address: v.optional(v.pipe(v.string(), v.url())),
  arn: v.optional(v.pipe(v.string(), v.startsWith('arn:'))),
  dryRun: v.optional(v.boolean()),
  code: v.optional(v.pipe(v.string(), v.slug())),
  key: v.optional(v.pipe(v.string(), v.regex(/^\d+$/, 'must have digits only'))),
});

describe('what a person wrote', () => {
  it('is read as its schema says', () => {
    expect(readWith(schema, { name: 'Acme', days: 7 })).toEqual({
      output: { name: 'Acme', days: 7 },
    });
  });

  it.each([
    [{}, 'name: is missing'],
    [{ name: 3 }, 'name: must be a text'],
    [{ name: 'A' }, 'name: must have 2 or more characters'],
    [{ name: 'Acme Inc.' }, 'name: must have 4 characters or less'],
    [{ name: 'Acme', nmae: 'Acme' }, 'nmae: is not known'],
    [{ name: 'Acme', days: '7' }, 'days: must be a number'],
    [{ name: 'Acme', days: Number.POSITIVE_INFINITY }, 'days: must be a whole number'],
    [{ name: 'Acme', days: 6 }, 'days: must be 7 or more'],
    [{ name: 'Acme', days: 31 }, 'days: must be 30 or less'],
    [{ name: 'Acme', deletions: 'yes' }, 'deletions: must be "on" or "off"'],
    [{ name: 'Acme', address: 'nat' }, 'address: must be a URL'],
    [{ name: 'Acme', arn: 'x' }, 'arn: must start with arn:'],
    [{ name: 'Acme', dryRun: 'true' }, 'dryRun: must be true or false'],
    [{ name: 'Acme', key: 'one' }, 'key: must have digits only'],
    [{ name: 'Acme', code: 'x y' }, 'code: is not valid'],
    ['Acme', 'must be an object'],
  ])('gets a message that names the field: %j', (value, problem) => {
    expect(readWith(schema, value)).toEqual({ problems: [problem] });
  });

  it('gets a message for each field that is wrong', () => {
    const { problems } = readWith(schema, { name: 'A', days: 0.5 });
    expect(problems).toEqual([
      'name: must have 2 or more characters',
      'days: must be a whole number',
    ]);
  });

  it('is never quoted in a message, because it may be a secret', () => {
    // With a space in it, so that it is no URL.
    const secret = fc.string({ minLength: 12 }).map((text) => `hush ${text} hush`);
    const fields = fc.constantFrom(...Object.keys(schema.entries));
    fc.assert(
      fc.property(fields, secret, (field, text) => {
        const { problems = [] } = readWith(schema, { name: 'Acme', [field]: text });
        expect(problems).toHaveLength(1);
        expect(problems.join()).not.toContain(text);
      }),
    );
  });
});
