import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as v from 'valibot';

const require = createRequire(import.meta.url);
const LIBRARY = require.resolve('@cyclonedx/cyclonedx-esbuild');
const PROGRAM = join(LIBRARY, '../../bin/cyclonedx-esbuild-cli.js');

/** What a function is made of: https://esbuild.github.io/api/#metafile */
const metafileSchema = v.object({
  inputs: v.record(v.string(), v.unknown()),
  outputs: v.record(v.string(), v.unknown()),
});

/**
 * Writes down which packages are in the bundles, with version and licence: a software bill of
 * materials in the format CycloneDX 1.6, checked against its schema.
 *
 * @param serviceDir the folder that esbuild ran in
 * @param metafiles what esbuild says of each bundle
 * @param output the file to write; its folder is made
 * @throws if the bill does not fit the schema
 */
export async function writeSbom(
  serviceDir: string,
  metafiles: string[],
  output: string,
): Promise<void> {
  const contents = await Promise.all(metafiles.map((file) => readFile(file, 'utf8')));
  const bundles = contents.map((content) => v.parse(metafileSchema, JSON.parse(content)));
  const all = {
    inputs: Object.assign({}, ...bundles.map(({ inputs }) => inputs)),
    outputs: Object.assign({}, ...bundles.map(({ outputs }) => outputs)),
  };
  const work = await mkdtemp(join(tmpdir(), 'sbom-'));
  try {
    const metafile = join(work, 'metafile.json');
    await writeFile(metafile, JSON.stringify(all));
    const options = ['--output-reproducible', '--validate', '--output-file', output];
    await promisify(execFile)(process.execPath, [PROGRAM, ...options, metafile], {
      cwd: serviceDir,
    });
  } finally {
    await rm(work, { recursive: true });
  }
}
