import { join } from 'node:path/posix';
import { parseSync, Visitor } from 'oxc-parser';

/** What a file imports. */
export interface Imports {
  /** Modules of the project, by their path from its root. */
  modules: string[];
  /** Packages and modules of Node, by their name as it is written. */
  packages: string[];
}

/**
 * Reads what a file imports, or exports from elsewhere. Imports of types and `import()` count.
 *
 * @param path where the file is, from the root of the project
 * @param text its source, TypeScript or JavaScript
 * @throws {Error} if it cannot be parsed, or computes the name of what it imports
 */
export function readImports(path: string, text: string): Imports {
  const { program, errors } = parseSync(path, text);
  if (errors[0] !== undefined) throw new Error(`${path}: ${errors[0].message}`);
  const names: string[] = [];
  const add = ({ source }: { source: object | null }) => {
    if (source === null) return;
    if (!('value' in source)) throw new Error(`${path}: an import whose name is computed`);
    names.push(String(source.value));
  };
  new Visitor({
    ImportDeclaration: add,
    ExportNamedDeclaration: add,
    ExportAllDeclaration: add,
    ImportExpression: add,
    TSImportType: add,
  }).visit(program);
  const isRelative = (name: string) => name.startsWith('.');
  return {
    modules: names.filter(isRelative).map((name) => join(path, '..', name)),
    packages: names.filter((name) => !isRelative(name)),
  };
}

/**
 * Finds a circle of imports.
 *
 * @param modulesOf the modules that each file imports
 * @returns the files of the circle, the first one again at its end; undefined if there is none
 */
export function findCircle(modulesOf: ReadonlyMap<string, string[]>): string[] | undefined {
  const finished = new Set<string>();
  for (const path of modulesOf.keys()) {
    const circle = follow(path, []);
    if (circle !== undefined) return circle;
  }
  return undefined;

  function follow(path: string, way: string[]): string[] | undefined {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
    if (finished.has(path)) return undefined;
    for (const next of modulesOf.get(path) ?? []) {
      const circle = follow(next, [...way, path]);
      if (circle !== undefined) return circle;
    }
    finished.add(path);
    return undefined;
  }
}
