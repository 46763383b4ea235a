import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { strFromU8, unzipSync } from 'fflate';
import * as z from 'zod/mini';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
/** All that packaging may need: neither the local stack nor the tests. */
const SOURCES = ['serverless.yml', 'resources', 'functions', 'lib', 'openapi.json', 'package.json'];

const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({
      Type: z.string(),
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

/** What `serverless package` makes of a stage. */
export type Packaged = Awaited<ReturnType<typeof packageStage>>;

/**
 * Packages a stage from a copy of the sources: the framework writes into the service's folder, where
 * two runs at once would disturb each other.
 *
 * @param settings the whole environment besides PATH and HOME, so no credentials of this machine
 */
export async function packageStage(stage: string, settings: Record<string, string> = {}) {
  const work = await mkdtemp(join(tmpdir(), `package-${stage}-`));
  try {
    const service = join(work, 'service');
    const output = join(work, 'output');
    await mkdir(service);
    await Promise.all(
      SOURCES.map((path) => cp(join(PROJECT, path), join(service, path), { recursive: true })),
    );
    await symlink(join(PROJECT, 'node_modules'), join(service, 'node_modules'));
    await promisify(execFile)(
      process.execPath,
      [
        join(PROJECT, 'node_modules/serverless/bin/serverless.js'),
        ...['package', '--stage', stage, '--package', output],
      ],
      { cwd: service, env: { PATH: dirname(process.execPath), HOME: work, ...settings } },
    );
    const json = await readFile(join(output, 'cloudformation-template-update-stack.json'), 'utf8');
    const { Resources } = templateSchema.parse(JSON.parse(json));
    const ofType = (type: string) => Object.values(Resources).filter(({ Type }) => Type === type);
    const functions = ofType('AWS::Lambda::Function').map(async ({ Properties }) => {
      const { FunctionName, Handler, Environment } = functionSchema.parse(Properties);
      const name = FunctionName.split('-').at(-1) ?? '';
      const files = unzipSync(await readFile(join(output, `${name}.zip`)));
      const sources = Object.entries(files).map(
        ([file, bytes]) => [file, strFromU8(bytes)] as const,
      );
      return { name, handler: Handler, environment: Environment.Variables, files: sources };
    });
    return { resources: Resources, ofType, functions: await Promise.all(functions) };
  } finally {
    await rm(work, { recursive: true });
  }
}
