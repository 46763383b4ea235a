import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { parse } from 'yaml';
import * as z from 'zod/mini';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** How `serverless.yml` bundles the functions. */
const optionsSchema = z.object({
  custom: z.object({
    esbuild: z.object({
      minify: z.boolean(),
      target: z.string(),
      mainFields: z.array(z.string()),
      supported: z.record(z.string(), z.boolean()),
      exclude: z.array(z.string()),
    }),
  }),
});

/** Our functions, bundled as they are packaged. */
export const FUNCTIONS = {
  identify: 'functions/identify.ts',
  deliver: 'functions/deliver.ts',
  redeliver: 'functions/redeliver.ts',
  recover: 'functions/recover.ts',
  operate: 'functions/operate.ts',
} as const;

/** What they are compared with, bundled with esbuild's defaults, as an engineer would. */
const OTHERS = {
  plain: 'bench/plain/handler.ts',
  bareClient: 'bench/plain/bare-client.ts',
  awsLite: 'bench/plain/aws-lite.ts',
  nodeHttps: 'bench/plain/node-https.ts',
  child: 'bench/compare/child.ts',
} as const;

/** The name of a program that is compared. */
export type Program =
  | keyof typeof FUNCTIONS
  | keyof typeof OTHERS
  | 'identifyWithoutSecretsManager';

/** The paths of the bundles. */
export type Bundles = Record<Program, string>;

/** Bundles all programs into a new folder, and returns it with the paths. */
export async function buildBundles(): Promise<{ folder: string; bundles: Bundles }> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const packaged = await packagingOptions();
  const bundle = async (program: string, source: string, more: BuildOptions = {}) => {
    const outfile = join(folder, `${program}.cjs`);
    await build({
      entryPoints: [join(ROOT, source)],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'error',
      ...more,
    });
    return [program, outfile] as const;
  };
  const paths = await Promise.all([
    ...Object.entries(FUNCTIONS).map(([program, source]) => bundle(program, source, packaged)),
    ...Object.entries(OTHERS).map(([program, source]) => bundle(program, source, { minify: true })),
    bundle('identifyWithoutSecretsManager', FUNCTIONS.identify, {
      ...packaged,
      plugins: [withoutSecretsManager],
    }),
  ]);
  return { folder, bundles: bundlesSchema.parse(Object.fromEntries(paths)) };
}

const bundlesSchema = z.object({
  identify: z.string(),
  deliver: z.string(),
  redeliver: z.string(),
  recover: z.string(),
  operate: z.string(),
  plain: z.string(),
  bareClient: z.string(),
  awsLite: z.string(),
  nodeHttps: z.string(),
  child: z.string(),
  identifyWithoutSecretsManager: z.string(),
});

async function packagingOptions(): Promise<BuildOptions> {
  const yaml: unknown = parse(await readFile(join(ROOT, 'serverless.yml'), 'utf8'));
  const { exclude: external, ...options } = optionsSchema.parse(yaml).custom.esbuild;
  return { ...options, external };
}

/** Puts secrets into the bundle, to see what it costs to read them. */
const withoutSecretsManager: Plugin = {
  name: 'without Secrets Manager',
  setup({ onLoad }) {
    onLoad({ filter: /lib\/runtime\/secrets-manager\.ts$/ }, () => ({
      contents: 'export const createSecretsManager = () => undefined;',
    }));
    onLoad({ filter: /lib\/runtime\/secret-store\.ts$/ }, () => ({
      contents: `export const createSecretStore = () => ({
        read: async (name) =>
          ({ version: '1', values: ['this-is-not-a-secret-of-any-deployment-' + name] }),
      });`,
    }));
  },
};
