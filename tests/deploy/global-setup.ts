import type { TestProject } from 'vitest/node';
import { startSandbox } from '../../offline/sandbox/server.ts';
import { type Cloud, startCloud } from './cloud.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    cloud: Cloud;
    natUrl: string;
  }
}

/** Starts the AWS and the Nat sandbox that all these tests share. Each file has stages of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [{ cloud, stop }, sandbox] = await Promise.all([startCloud(), startSandbox({ port: 0 })]);
  project.provide('cloud', cloud);
  project.provide('natUrl', sandbox.url);
  return async () => {
    await Promise.all([stop(), sandbox.close()]);
  };
}
