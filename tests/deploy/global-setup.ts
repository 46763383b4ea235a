import type { TestProject } from 'vitest/node';
import { type Cloud, startCloud } from './cloud.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    cloud: Cloud;
  }
}

/** Starts the AWS that all these tests share. Each file has stages of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { cloud, stop } = await startCloud();
  project.provide('cloud', cloud);
  return stop;
}
