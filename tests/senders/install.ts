import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sdk } from './sdks.ts';
import { TOOLCHAINS, type Toolchain } from './toolchains.ts';

const CACHE = fileURLToPath(new URL('../../.cache/senders', import.meta.url));
const PROGRAMS = fileURLToPath(new URL('programs', import.meta.url));

/** The folder in which an SDK is installed, beside its program. */
export function folderOf({ name, version }: Sdk): string {
  return join(CACHE, `${name}-${version}`.toLowerCase().replaceAll(/[^\w.]/g, '-'));
}

/**
 * Installs an SDK unless that has been done, and compiles its program.
 *
 * @param onInstall called if the SDK is not there yet
 * @throws if a command fails; the message has the end of its output
 */
export function install(sdk: Sdk, onInstall: () => void): void {
  const toolchain: Toolchain = TOOLCHAINS[sdk.language];
  const folder = folderOf(sdk);
  const marker = join(folder, 'installed.json');
  const files = toolchain.files?.(sdk) ?? {};
  const steps = toolchain.install(sdk);
  const installed = JSON.stringify({ files, steps });
  if (!existsSync(marker) || readFileSync(marker, 'utf8') !== installed) {
    onInstall();
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    copyProgram(sdk);
    for (const step of steps) runStep(step, folder);
    // Written at the end, so that an interrupted installation starts again.
    writeFileSync(marker, installed);
  }
  copyProgram(sdk);
  for (const step of toolchain.compile?.(sdk) ?? []) runStep(step, folder);
}

function copyProgram(sdk: Sdk): void {
  copyFileSync(join(PROGRAMS, sdk.program), join(folderOf(sdk), sdk.program));
}

function runStep([command = '', ...args]: string[], folder: string): void {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
  if (status === 0) return;
  const output = `${stdout}${stderr}`.trim().split('\n').slice(-15).join('\n');
  throw new Error(`"${[command, ...args].join(' ')}" ended with ${status}:\n${output}`);
}
