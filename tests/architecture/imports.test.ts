import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { findCircle, readImports } from './read-imports.ts';

const GROUND_FLOOR = ['lib/event', 'lib/runtime'];
const FIRST_FLOOR = ['lib/ledger', 'lib/workspaces'];
const SECOND_FLOOR = ['lib/intake', 'lib/delivery', 'lib/operator'];
const LIB = [...SECOND_FLOOR, ...FIRST_FLOOR, ...GROUND_FLOOR];

/** Each folder, and the folders that it may import besides itself. Subfolders belong to it. */
const MAY_IMPORT: Record<string, string[]> = {
  functions: LIB,

  'lib/intake': [...FIRST_FLOOR, ...GROUND_FLOOR],
  'lib/delivery': [...FIRST_FLOOR, ...GROUND_FLOOR],
  'lib/operator': [...FIRST_FLOOR, ...GROUND_FLOOR],

  'lib/ledger': GROUND_FLOOR,
  'lib/workspaces': GROUND_FLOOR,

  'lib/event': [],
  'lib/runtime': [],

  cli: LIB,
  offline: ['offline/sandbox', 'cli', ...LIB],
  // A stand-in for Nat that shares code with the service would share its mistakes.
  'offline/sandbox': [],
};

/** `lib/event` does no I/O: of Node it may import these modules only, of the AWS SDK none. */
const PURE_NODE_MODULES = ['node:buffer', 'node:url', 'node:util'];
const AWS_SDK = /^@(aws-sdk|smithy)\//;

it('imports run down the floors, never up, and never in a circle', () => {
  expect(findProblems(readSources())).toEqual([]);
});

it.each([
  {
    what: 'an import of a higher floor',
    files: { 'lib/ledger/a.ts': "import { b } from '../delivery/b.ts';" },
    problem: 'lib/ledger/a.ts imports lib/delivery/b.ts',
  },
  {
    what: 'an import of a neighbour on the same floor',
    files: { 'lib/intake/a.ts': "export { b } from '../operator/b.ts';" },
    problem: 'lib/intake/a.ts imports lib/operator/b.ts',
  },
  {
    what: 'a type of a higher floor',
    files: { 'lib/event/a.ts': "export type A = typeof import('../ledger/b.ts').b;" },
    problem: 'lib/event/a.ts imports lib/ledger/b.ts',
  },
  {
    what: 'a dynamic import of a higher floor',
    files: { 'lib/runtime/a.ts': "export const a = () => import('../../functions/b.ts');" },
    problem: 'lib/runtime/a.ts imports functions/b.ts',
  },
  {
    what: 'the local stack in the command line',
    files: { 'cli/send/a.ts': "import '../../offline/stack.ts';" },
    problem: 'cli/send/a.ts imports offline/stack.ts',
  },
  {
    what: 'code of the service in the sandbox',
    files: { 'offline/sandbox/a.ts': "import type { B } from '../../lib/event/b.ts';" },
    problem: 'offline/sandbox/a.ts imports lib/event/b.ts',
  },
  {
    what: 'a circle of types',
    files: {
      'lib/ledger/a.ts': "import type { B } from './b.ts';",
      'lib/ledger/b.ts': "import { type C, c } from './c.ts';",
      'lib/ledger/c.ts': "export type * from './a.ts';",
    },
    problem: 'circle: lib/ledger/a.ts → lib/ledger/b.ts → lib/ledger/c.ts → lib/ledger/a.ts',
  },
  {
    what: 'I/O in the rules of an event',
    files: { 'lib/event/a.ts': "import { readFile } from 'node:fs/promises';" },
    problem: 'lib/event/a.ts imports node:fs/promises',
  },
  {
    what: 'the AWS SDK in the rules of an event',
    files: { 'lib/event/a.ts': "import '@aws-sdk/client-dynamodb';" },
    problem: 'lib/event/a.ts imports @aws-sdk/client-dynamodb',
  },
  {
    what: 'a folder on no floor',
    files: { 'lib/helpers/a.ts': '' },
    problem: 'lib/helpers/a.ts is on no floor',
  },
])('finds $what', ({ files, problem }) => {
  expect(findProblems(files)).toEqual([problem]);
});

/** Checks files, given as their text by their path from the root of the project. */
function findProblems(files: Record<string, string>): string[] {
  const problems: string[] = [];
  const modulesOf = new Map<string, string[]>();
  for (const [path, text] of Object.entries(files)) {
    const { modules, packages } = readImports(path, text);
    const forbidden = [
      ...modules.filter((module) => !mayImport(path, module)),
      ...packages.filter((name) => folderOf(path) === 'lib/event' && !isPure(name)),
    ];
    problems.push(...forbidden.map((name) => `${path} imports ${name}`));
    if (folderOf(path) === undefined) problems.push(`${path} is on no floor`);
    modulesOf.set(path, modules);
  }
  const circle = findCircle(modulesOf);
  return circle === undefined ? problems : [...problems, `circle: ${circle.join(' → ')}`];
}

function mayImport(path: string, module: string): boolean {
  const [from = '', to = ''] = [folderOf(path), folderOf(module)];
  return module.endsWith('.json') || from === to || MAY_IMPORT[from]?.includes(to) === true;
}

function isPure(name: string): boolean {
  return isBuiltin(name) ? PURE_NODE_MODULES.includes(name) : !AWS_SDK.test(name);
}

/** The folder of the table above that a file is in, the innermost one. */
function folderOf(path: string): string | undefined {
  const folder = dirname(path);
  if (Object.hasOwn(MAY_IMPORT, folder)) return folder;
  return folder === '.' ? undefined : folderOf(folder);
}

function readSources(): Record<string, string> {
  const project = fileURLToPath(new URL('../..', import.meta.url));
  const paths = ['functions', 'lib', 'cli', 'offline'].flatMap((folder) =>
    readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.[jt]s$/.test(name))
      .map((name) => `${folder}/${name}`),
  );
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(project, path), 'utf8')]));
}
