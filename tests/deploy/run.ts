import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const REQUIREMENTS = join(ROOT, 'tests/deploy/requirements.txt');
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');

process.exitCode = main();

/** Deploys to an AWS on this machine and tests what is deployed. Returns the exit code. */
function main(): number {
  const tools = installTools();
  if (tools === undefined) return 1;
  const args = [
    VITEST,
    'run',
    '--config',
    'tests/deploy/vitest.config.ts',
    ...process.argv.slice(2),
  ];
  const { status } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, DEPLOY_TOOLS: join(tools, 'bin') },
  });
  return status ?? 1;
}

/** @returns the folder of the tools; undefined if they cannot be installed */
function installTools(): string | undefined {
  const version = createHash('sha256')
    .update(readFileSync(REQUIREMENTS))
    .digest('hex')
    .slice(0, 12);
  const folder = join(ROOT, '.cache', `deploy-tools-${version}`);
  const isDone = join(folder, 'is-done');
  if (existsSync(isDone)) return folder;
  process.stderr.write('Installing MiniStack, the AWS CLI, cfn-lint and checkov, once …\n');
  rmSync(folder, { recursive: true, force: true });
  const python = (command: string, ...args: string[]) =>
    spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
  if (!python('python3', '-m', 'venv', folder)) {
    process.stderr.write('It needs Python 3.11 or newer, with its module venv.\n');
    return undefined;
  }
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  if (!python(join(folder, 'bin/python'), ...pip, '-r', REQUIREMENTS)) return undefined;
  // Written at the end, so that an interrupted installation starts again.
  writeFileSync(isDone, '');
  return folder;
}
