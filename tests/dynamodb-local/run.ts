import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import pRetry from 'p-retry';

/** Needs Java 17. */
const VERSION = '2.6.1';
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

process.exitCode = await main();

/** Runs the end-to-end tests against DynamoDB Local, with its real streams. */
async function main(): Promise<number> {
  for (const command of ['java', 'mvn']) {
    if (spawnSync(command, ['-version']).status === 0) continue;
    say(`${command} is missing: DynamoDB Local needs Java 17 or newer, and Maven to fetch it`);
    return 1;
  }
  if (!existsSync(join(FOLDER, 'libs')) && !fetchDynamoDBLocal()) return 1;
  const port = await getPort();
  const server = startServer(port);
  try {
    const endpoint = `http://localhost:${port}`;
    await pRetry(() => fetch(endpoint), { retries: 300, minTimeout: 100, factor: 1 });
    say(`DynamoDB Local ${VERSION} answers: running the end-to-end tests against it`);
    return await runTests(endpoint);
  } finally {
    server.kill();
  }
}

function fetchDynamoDBLocal(): boolean {
  say(`fetching DynamoDB Local ${VERSION} from Maven Central, once …`);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, 'pom.xml'), POM);
  const goal = ['dependency:copy-dependencies', '-DoutputDirectory=libs', '-DincludeScope=runtime'];
  const { status } = spawnSync('mvn', ['-q', '-B', ...goal], { cwd: FOLDER, stdio: 'inherit' });
  if (status !== 0) say('Maven could not fetch it');
  return status === 0;
}

function startServer(port: number): ChildProcess {
  const main = 'com.amazonaws.services.dynamodbv2.local.main.ServerRunner';
  const args = ['-Dsqlite4java.library.path=libs', '-cp', join('libs', '*'), main];
  return spawn('java', [...args, '-inMemory', '-port', String(port)], {
    cwd: FOLDER,
    stdio: 'ignore',
  });
}

async function runTests(endpoint: string): Promise<number> {
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', '--project', 'end-to-end'], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, DYNAMODB_ENDPOINT: endpoint },
  });
  const [code] = await once(child, 'exit');
  return typeof code === 'number' ? code : 1;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
