import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, inject } from 'vitest';
import { startSandbox } from '../../offline/sandbox/server.ts';
import { copyService } from '../deployment/service-copy.ts';

// Each file with tests has its own copy of the project, into which the framework writes, and its own
// Nat, so that the files can run at the same time. All of them share one AWS.
const sandbox = await startSandbox({ port: 0 });
afterAll(() => sandbox.close());

/** The address of the Nat sandbox. */
export const natUrl = sandbox.url;

/** The folder of the copy of the project that is deployed. */
export const service = join(await mkdtemp(join(inject('cloud').home, 'project-')), 'service');
await copyService(service);
