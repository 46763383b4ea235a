import fs from 'node:fs';

/**
 * Stands for `node:fs/promises` in the bundles, see `alias` in serverless.yml. The SDK imports that
 * module to read the files of a user. Node loads it only when `fs.promises` is asked for.
 */
export function readFile(...args: Parameters<typeof fs.promises.readFile>) {
  return fs.promises.readFile(...args);
}
