import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { strFromU8, unzipSync } from 'fflate';
import * as z from 'zod/mini';
import { copyService, writeSettings } from './service-copy.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
/** What an operator puts into the SSM parameter of a stage. */
export const NAT_API_URL = 'https://nat.example/identify';

const templateSchema = z.object({
  Conditions: z.record(
    z.string(),
    z.looseObject({ 'Fn::Equals': z.optional(z.array(z.string())) }),
  ),
  Resources: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Condition: z.optional(z.string()),
      DeletionPolicy: z.optional(z.string()),
      UpdateReplacePolicy: z.optional(z.string()),
      Properties: z._default(z.record(z.string(), z.unknown()), {}),
    }),
  ),
});
const functionSchema = z.object({
  FunctionName: z.string(),
  Handler: z.string(),
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
});

/** What the framework does around the template. */
const stateSchema = z.object({
  service: z.object({
    provider: z.object({
      deletionProtection: z.boolean(),
      stackPolicy: z.array(z.unknown()),
      stackTags: z.record(z.string(), z.string()),
    }),
  }),
});

/** What `serverless package` makes of a stage. */
export type Packaged = Awaited<ReturnType<typeof packageStage>>;

/**
 * Packages a stage from a copy of the sources. It has no credentials of this machine.
 *
 * @param settings the settings of the stage, as in `stages/STAGE.yml`
 * @param umask the rights that new files of whoever packages do not have
 */
export async function packageStage(stage: string, settings: object, umask = '022') {
  const work = await mkdtemp(join(tmpdir(), `package-${stage}-`));
  try {
    const service = join(work, 'service');
    const output = join(work, 'output');
    await copyService(service);
    await writeSettings(service, stage, settings);
    await promisify(execFile)(
      'sh',
      [
        ...['-c', 'umask "$0" && exec "$@"', umask, process.execPath],
        join(PROJECT, 'node_modules/serverless/bin/serverless.js'),
        ...['package', '--stage', stage, '--package', output],
        ...['--param', `natApiUrl=${NAT_API_URL}`],
      ],
      {
        cwd: service,
        env: {
          PATH: `${dirname(process.execPath)}:/bin`,
          HOME: work,
          NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        },
      },
    );
    const json = await readFile(join(output, 'cloudformation-template-update-stack.json'), 'utf8');
    const { Resources, Conditions } = templateSchema.parse(JSON.parse(json));
    const state: unknown = JSON.parse(
      await readFile(join(output, 'serverless-state.json'), 'utf8'),
    );
    const { provider } = stateSchema.parse(state).service;
    const sourceMaps = await readdir(join(output, 'source-maps/functions'));
    const sbom = await readFile(join(output, 'sbom.cdx.json'), 'utf8');
    const ofType = (type: string) => Object.values(Resources).filter(({ Type }) => Type === type);
    const functions = ofType('AWS::Lambda::Function').map(async ({ Properties }) => {
      const { FunctionName, Handler, Environment } = functionSchema.parse(Properties);
      const name = FunctionName.split('-').at(-1) ?? '';
      const zip = await readFile(join(output, `${name}.zip`));
      const files = unzipSync(zip);
      const sources = Object.entries(files).map(
        ([file, bytes]) => [file, strFromU8(bytes)] as const,
      );
      return { name, zip, handler: Handler, environment: Environment.Variables, files: sources };
    });
    return {
      resources: Resources,
      conditions: Conditions,
      ofType,
      functions: await Promise.all(functions),
      provider,
      sourceMaps,
      sbom,
    };
  } finally {
    await rm(work, { recursive: true });
  }
}
