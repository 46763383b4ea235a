import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { strFromU8, unzipSync } from 'fflate';
import * as v from 'valibot';
import { copyService, writeSettings } from './service-copy.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
/** What an operator puts into the SSM parameter of a stage. */
export const NAT_API_URL = 'https://nat.example/identify';

const templateSchema = v.object({
  Conditions: v.record(
    v.string(),
    v.looseObject({ 'Fn::Equals': v.optional(v.array(v.string())) }),
  ),
  Resources: v.record(
    v.string(),
    v.object({
      Type: v.string(),
      Condition: v.optional(v.string()),
      DeletionPolicy: v.optional(v.string()),
      UpdateReplacePolicy: v.optional(v.string()),
      Properties: v.optional(v.record(v.string(), v.unknown()), {}),
    }),
  ),
});
const functionSchema = v.object({
  FunctionName: v.string(),
  Handler: v.string(),
  Environment: v.object({ Variables: v.record(v.string(), v.unknown()) }),
});

/** What the framework does around the template. */
const stateSchema = v.object({
  service: v.object({
    provider: v.object({
      deletionProtection: v.boolean(),
      stackPolicy: v.array(v.unknown()),
      stackTags: v.record(v.string(), v.string()),
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
    const { Resources, Conditions } = v.parse(templateSchema, JSON.parse(json));
    const state: unknown = JSON.parse(
      await readFile(join(output, 'serverless-state.json'), 'utf8'),
    );
    const { provider } = v.parse(stateSchema, state).service;
    const sourceMaps = await readdir(join(output, 'source-maps/functions'));
    const sbom = await readFile(join(output, 'sbom.cdx.json'), 'utf8');
    const ofType = (type: string) => Object.values(Resources).filter(({ Type }) => Type === type);
    const functions = ofType('AWS::Lambda::Function').map(async ({ Properties }) => {
      const { FunctionName, Handler, Environment } = v.parse(functionSchema, Properties);
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
