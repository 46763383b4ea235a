import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { collectLines } from './collect-lines.ts';

/** What CloudWatch adds to every line. */
const OF_CLOUDWATCH = ['@timestamp', '@message', '@log'];
const KEYWORDS = [
  'fields',
  'filter',
  'stats',
  'sort',
  'limit',
  'as',
  'by',
  'and',
  'or',
  'asc',
  'desc',
];

const querySchema = v.object({
  Properties: v.object({
    Name: v.string(),
    LogGroupNames: v.array(v.object({ Ref: v.string() })),
    QueryString: v.string(),
  }),
});
const queriesSchema = v.object({ Resources: v.record(v.string(), querySchema) });
const queries = Object.values(
  v.parse(queriesSchema, parse(read('../../resources/queries.yml'))).Resources,
).map(({ Properties }) => ({
  name: Properties.Name.replace(/.*\//, ''),
  groups: Properties.LogGroupNames.map(({ Ref }) => Ref),
  text: Properties.QueryString,
}));

/** The fields of all lines, by the log group that they are written to. */
const printed = new Map([['HttpApiLogGroup', new Set(fieldsOfAccessLog())]]);

beforeAll(async () => {
  for (const [group, lines] of await collectLines()) {
    printed.set(group, new Set(lines.flatMap(Object.keys)));
  }
});

describe.each(queries)('the saved query $name', ({ groups, text }) => {
  it('names fields that its functions print', () => {
    const known = groups.flatMap((group) => [...(printed.get(group) ?? [])]);
    const named = fieldsIn(text);
    expect(named.length).toBeGreaterThan(2);
    expect(named.filter((field) => ![...known, ...OF_CLOUDWATCH].includes(field))).toEqual([]);
  });
});

it('a contact has one name in every log that the query of a contact reads', () => {
  const { groups = [] } = queries.find(({ name }) => name === 'contact') ?? {};
  expect(groups.filter((group) => !printed.get(group)?.has('contact'))).toEqual([]);
});

/** The fields that a query reads: no function, no keyword, and no name that it gives itself. */
function fieldsIn(query: string): string[] {
  const text = query.replace(/"[^"]*"/g, '');
  const own = [...text.matchAll(/\bas (\w+)/g)].map(([, name = '']) => name);
  const words = [...text.matchAll(/(?<![\w.])[@a-zA-Z_][\w.]*(?!\w*\()/g)].map(([word]) => word);
  return [...new Set(words)].filter((word) => ![...KEYWORDS, ...own].includes(word));
}

function fieldsOfAccessLog(): string[] {
  const [, format = '{}'] = /format: >-\n([^}]*\})/.exec(read('../../serverless.yml')) ?? [];
  return Object.keys(JSON.parse(format));
}

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}
