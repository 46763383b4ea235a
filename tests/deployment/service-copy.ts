import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
/** All that a deployment may need: neither the local stack nor the tests. */
const SOURCES = [
  'serverless.yml',
  'resources',
  'stages',
  'functions',
  'lib',
  'cli',
  'openapi.json',
  'package.json',
];

/**
 * Copies what a deployment needs. The framework writes into the service's folder, where two runs at
 * once would disturb each other.
 *
 * @param folder is made
 */
export async function copyService(folder: string): Promise<void> {
  await mkdir(folder);
  await Promise.all(
    SOURCES.map((path) => cp(join(PROJECT, path), join(folder, path), { recursive: true })),
  );
  await symlink(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
}

/** Writes the settings of a stage. JSON is YAML too. */
export async function writeSettings(folder: string, stage: string, settings: object) {
  await writeFile(join(folder, `stages/${stage}.yml`), JSON.stringify(settings));
}
