import type { TestProject } from 'vitest/node';
import { startFreshStack } from '../end-to-end/fresh-stack.ts';
import { install } from './install.ts';
import { nameOf, SDKS } from './sdks.ts';
import { missingCommand, TOOLCHAINS } from './toolchains.ts';

declare module 'vitest' {
  interface ProvidedContext {
    apiUrl: string;
    natUrl: string;
    /** Why an SDK is not run, by its name and version. */
    missing: Record<string, string>;
    /** Why an SDK could not be installed, by its name and version. */
    failed: Record<string, string>;
  }
}

/** Installs the SDKs whose runtimes are present, one after the other, and starts a local stack. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { missing, failed } = installAll();
  const stack = await startFreshStack();
  project.provide('apiUrl', stack.apiUrl);
  project.provide('natUrl', stack.natUrl);
  project.provide('missing', missing);
  project.provide('failed', failed);
  return async () => {
    await stack.stop();
    const ran = SDKS.map(nameOf).filter((name) => !(name in missing) && !(name in failed));
    say(`SDKs that were run: ${ran.join(', ')}`);
    for (const [name, reason] of Object.entries(missing)) say(`Not run: ${name}: ${reason}`);
    for (const name of Object.keys(failed)) say(`Failed: ${name} could not be installed`);
  };
}

function installAll() {
  const missing: Record<string, string> = {};
  const failed: Record<string, string> = {};
  const absent = new Map(
    Object.entries(TOOLCHAINS).map(([language, toolchain]) => [
      language,
      missingCommand(toolchain),
    ]),
  );
  for (const sdk of SDKS) {
    const name = nameOf(sdk);
    const command = absent.get(sdk.language);
    if (command !== undefined) {
      missing[name] = `"${command}" does not work here`;
      continue;
    }
    try {
      install(sdk, () => say(`Installing ${name} …`));
    } catch (error) {
      failed[name] = `${name} could not be installed: ${error}`;
      say(failed[name]);
    }
  }
  return { missing, failed };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
