import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod/mini';
import { readZip, type ZippedFile } from './zip.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
/** All that packaging may need: the local stack and the tests are not among it. */
const SOURCES = ['serverless.yml', 'resources', 'functions', 'lib', 'openapi.json', 'package.json'];
const FUNCTIONS = ['identify', 'deliver', 'redeliver', 'operate'] as const;

const resourceSchema = z.object({
  Type: z.string(),
  Condition: z.optional(z.string()),
  DeletionPolicy: z.optional(z.string()),
  UpdateReplacePolicy: z.optional(z.string()),
  Properties: z._default(z.record(z.string(), z.unknown()), {}),
});

const templateSchema = z.object({
  Conditions: z.record(z.string(), z.unknown()),
  Resources: z.record(z.string(), resourceSchema),
});

/** A resource of the packaged template. */
export type Resource = z.infer<typeof resourceSchema>;

/** The name of a deployed function. */
export type FunctionName = (typeof FUNCTIONS)[number];

/** What `serverless package` made of a stage. */
export type Packaged = Awaited<ReturnType<typeof packageStage>>;

/**
 * Packages a stage from a copy of the sources, because the framework puts what it makes through the
 * service's own folder, where two runs meet.
 *
 * @param settings all of the environment besides the PATH: no credentials unless they are here
 */
export async function packageStage(stage: string, settings: Record<string, string> = {}) {
  const work = await mkdtemp(join(tmpdir(), `package-${stage}-`));
  try {
    const service = join(work, 'service');
    const made = join(work, 'made');
    await mkdir(service);
    await Promise.all(
      SOURCES.map((path) => cp(join(PROJECT, path), join(service, path), { recursive: true })),
    );
    await symlink(join(PROJECT, 'node_modules'), join(service, 'node_modules'));
    await promisify(execFile)(
      process.execPath,
      [
        join(PROJECT, 'node_modules/serverless/bin/serverless.js'),
        ...['package', '--stage', stage, '--package', made],
      ],
      { cwd: service, env: { PATH: dirname(process.execPath), HOME: work, ...settings } },
    );
    const file = join(made, 'cloudformation-template-update-stack.json');
    const json = await readFile(file, 'utf8');
    const zips = FUNCTIONS.map(async (name): Promise<[FunctionName, ZippedFile[]]> => {
      return [name, readZip(await readFile(join(made, `${name}.zip`)))];
    });
    const { Conditions, Resources } = templateSchema.parse(JSON.parse(json));
    return {
      stage,
      json,
      conditions: Conditions,
      resources: Resources,
      zips: new Map(await Promise.all(zips)),
    };
  } finally {
    await rm(work, { recursive: true });
  }
}

/** The properties of a resource, by its logical id. */
export function propertiesOf({ resources }: Packaged, id: string): Resource['Properties'] {
  const resource = resources[id];
  if (resource === undefined) throw new Error(`the template has no ${id}`);
  return resource.Properties;
}

/** The resources of a type, by their logical ids. */
export function resourcesOf({ resources }: Packaged, type: string): Record<string, Resource> {
  return Object.fromEntries(Object.entries(resources).filter(([, { Type }]) => Type === type));
}
