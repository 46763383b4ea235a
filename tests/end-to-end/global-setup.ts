import type { TestProject } from 'vitest/node';
import type { DynamoDBAddress } from '../../offline/database.ts';
import { startFreshStack } from './fresh-stack.ts';

declare module 'vitest' {
  interface ProvidedContext {
    apiUrl: string;
    natUrl: string;
    lambdaPort: number;
    dynamodb: DynamoDBAddress;
  }
}

/** Starts one local stack for all end-to-end tests, on free ports. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startFreshStack();
  project.provide('apiUrl', stack.apiUrl);
  project.provide('natUrl', stack.natUrl);
  project.provide('lambdaPort', stack.lambdaPort);
  project.provide('dynamodb', stack.dynamodb);
  return () => stack.stop();
}
