import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import * as v from 'valibot';
import { parse } from 'yaml';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** How `serverless.yml` bundles the functions. */
const optionsSchema = v.object({
  custom: v.object({
    esbuild: v.object({
      minify: v.boolean(),
      target: v.string(),
      mainFields: v.array(v.string()),
      supported: v.record(v.string(), v.boolean()),
      define: v.record(v.string(), v.string()),
      alias: v.record(v.string(), v.string()),
      exclude: v.array(v.string()),
    }),
  }),
});

/** What is measured. The last three are bundled with esbuild's defaults, as an engineer would. */
const PROGRAMS = {
  identify: 'functions/identify.ts',
  deliver: 'functions/deliver.ts',
  plain: 'bench/plain/handler.ts',
  bareClient: 'bench/plain/bare-client.ts',
  awsLite: 'bench/plain/aws-lite.ts',
} as const;

/** The name of a program that is compared. */
export type Program = keyof typeof PROGRAMS;

/** The paths of the bundles. */
type Bundles = Record<Program, string>;

/** What `buildBundles` makes. */
interface Built {
  folder: string;
  bundles: Bundles;
  /** The program that runs a bundle. Node would need much memory to strip its types. */
  childScript: string;
}

/** Bundles all programs into a new folder. */
export async function buildBundles(): Promise<Built> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const yaml: unknown = parse(await readFile(join(ROOT, 'serverless.yml'), 'utf8'));
  const { exclude: external, ...options } = v.parse(optionsSchema, yaml).custom.esbuild;
  const bundle = async (program: Program, more: BuildOptions = {}) => {
    const outfile = join(folder, `${program}.cjs`);
    await build({
      absWorkingDir: ROOT,
      entryPoints: [PROGRAMS[program]],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: options.target,
      logLevel: 'error',
      ...more,
    });
    return outfile;
  };
  const [identify, deliver, plain, bareClient, awsLite] = await Promise.all([
    bundle('identify', { ...options, external }),
    bundle('deliver', { ...options, external }),
    bundle('plain'),
    bundle('bareClient'),
    bundle('awsLite'),
  ]);
  const childScript = join(folder, 'child.mjs');
  const child = join(ROOT, 'bench/compare/child.ts');
  await build({ entryPoints: [child], outfile: childScript, platform: 'node', format: 'esm' });
  return { folder, childScript, bundles: { identify, deliver, plain, bareClient, awsLite } };
}
