import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pRetry from 'p-retry';
import { findFreePort } from '../free-port.ts';

/** Needs Java 17. */
const VERSION = '2.6.1';
/** The tests that depend on conditions, indexes and streams of the database. */
const TESTS = ['tests/tables', 'tests/dynamodb-local', 'tests/end-to-end'];
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, '.cache', `dynamodb-local-${VERSION}`);
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId>
  <artifactId>dynamodb-local</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>com.amazonaws</groupId>
      <artifactId>DynamoDBLocal</artifactId>
      <version>${VERSION}</version>
    </dependency>
  </dependencies>
</project>
`;

/** They have to end with this process. */
const children: ChildProcess[] = [];
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    for (const child of children) child.kill();
    process.exit(1);
  });
}

process.exitCode = await main();

/** Runs the tests against DynamoDB Local, and returns the exit code. */
async function main(): Promise<number> {
  for (const command of ['java', 'mvn']) {
    if (spawnSync(command, ['-version']).status === 0) continue;
    say(`${command} is missing. DynamoDB Local needs Java 17 or newer, and Maven to download it.`);
    return 1;
  }
  if (!existsSync(join(FOLDER, 'libs')) && !downloadDynamoDBLocal()) return 1;
  const port = await findFreePort();
  const server = startServer(port);
  children.push(server);
  const ended = once(server, 'exit');
  try {
    const endpoint = `http://localhost:${port}`;
    const answering = pRetry(() => fetch(endpoint), { retries: 300, minTimeout: 100, factor: 1 });
    const first = await Promise.race([answering, ended.then(() => undefined)]);
    if (first === undefined) {
      say('DynamoDB Local did not start. It needs Java 17 or newer.');
      return 1;
    }
    say(`DynamoDB Local ${VERSION} is running: testing ${TESTS.join(', ')} against it`);
    return await runTests(endpoint);
  } finally {
    server.kill();
    await ended;
  }
}

function downloadDynamoDBLocal(): boolean {
  say(`Downloading DynamoDB Local ${VERSION} with Maven, once …`);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, 'pom.xml'), POM);
  const goal = [
    'dependency:copy-dependencies',
    '-DoutputDirectory=download',
    '-DincludeScope=runtime',
  ];
  const { status } = spawnSync('mvn', ['-q', '-B', ...goal], { cwd: FOLDER, stdio: 'inherit' });
  if (status !== 0) say('Maven could not download it.');
  // Renamed at the end, so that an interrupted download starts again.
  else renameSync(join(FOLDER, 'download'), join(FOLDER, 'libs'));
  return status === 0;
}

function startServer(port: number): ChildProcess {
  const main = 'com.amazonaws.services.dynamodbv2.local.main.ServerRunner';
  const args = ['-Dsqlite4java.library.path=libs', '-cp', join('libs', '*'), main];
  return spawn('java', [...args, '-inMemory', '-disableTelemetry', '-port', String(port)], {
    cwd: FOLDER,
    // Its start-up messages are noise; its errors are not.
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function runTests(endpoint: string): Promise<number> {
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', ...TESTS], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, DYNAMODB_ENDPOINT: endpoint },
  });
  children.push(child);
  const [code] = await once(child, 'exit');
  return typeof code === 'number' ? code : 1;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
