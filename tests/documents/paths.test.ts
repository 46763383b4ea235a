import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** A word that names a file or a folder of the project, from its root on. */
const PATH =
  /^(?:(?:functions|lib|offline|cli|tests|bench|docs|resources|stages|\.github|\.ci)\/[\w./-]*|[\w./-]+\.(?:ts|js|json|yml|md|html|css|png|svg))$/;
/** Stands for the name of a stage. */
const ANY_STAGE = 'STAGE';
const FENCE = /^```(\w*)\n(.*?)^```$/gms;
const CODE = /`([^`\n]+)`/g;
const LINK = /\]\(([^)\s]+)\)/g;
const SCRIPT = /\bnpm run (?:--silent )?([a-z][\w:-]*)/g;

const { scripts } = v.parse(
  v.object({ scripts: v.record(v.string(), v.string()) }),
  JSON.parse(read('package.json')),
);
const documents = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/*.md', { cwd: ROOT }).sort()];

test.each(documents)('%s names only paths that exist', (document) => {
  const paths = pathsIn(read(document));
  expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

test.each(documents)('%s links only to files and headings that exist', (document) => {
  const links = [...withoutFences(read(document)).matchAll(LINK)].map(([, target = '']) => target);
  expect(links.filter((target) => !isReachable(document, target))).toEqual([]);
});

test.each(documents)('%s runs only npm scripts that exist', (document) => {
  const names = [...read(document).matchAll(SCRIPT)].map(([, name = '']) => name);
  expect(names.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
});

test('the documents name paths, headings and scripts, so that the tests above can fail', () => {
  const text = documents.map(read).join('\n');
  expect(pathsIn(text).length).toBeGreaterThan(50);
  expect([...text.matchAll(/\]\([^)\s]*#/g)].length).toBeGreaterThan(5);
  expect([...text.matchAll(SCRIPT)].length).toBeGreaterThan(20);
});

function read(document: string): string {
  return readFileSync(join(ROOT, document), 'utf8');
}

/** In code spans and in Mermaid diagrams. Other fenced blocks have made-up names. */
function pathsIn(text: string): string[] {
  const spans = [...withoutFences(text).matchAll(CODE)].map(([, code = '']) => code);
  const diagrams = [...text.matchAll(FENCE)].map(([, language, block = '']) =>
    language === 'mermaid' ? block : '',
  );
  return [...spans, ...diagrams]
    .flatMap((code) => code.split(/[\s"'()[\]<>{}|,;:]+/))
    .filter((word) => PATH.test(word) && !word.includes(ANY_STAGE));
}

function withoutFences(text: string): string {
  return text.replace(FENCE, '');
}

function isReachable(document: string, target: string): boolean {
  if (/^[a-z]+:/.test(target)) return true;
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? document : join(dirname(document), path);
  if (!existsSync(join(ROOT, file))) return false;
  return anchor === undefined || anchorsIn(read(file)).has(anchor);
}

/** The anchors that GitHub gives the headings of a page. */
function anchorsIn(text: string): Set<string> {
  const headings = [...withoutFences(text).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => title);
  return new Set(
    headings.map((title) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
