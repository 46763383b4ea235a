import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { writeSettings } from '../deployment/service-copy.ts';
import { REGION } from './cloud.ts';
import { apiUrlOf, deploy, run, setNatAddress, succeeds } from './operator.ts';
import { isPrinted, readSteps, type Step } from './runbook.ts';
import { addSender, type Sender, setFault } from './sender.ts';
import { natUrl, service } from './workplace.ts';

const STAGE = 'runbook';
const SETTINGS = { alarmEmail: 'operator@nat.example' };
const TABLE = `nat-destination-${STAGE}-interactions`;
const IN_TABLE = `--region ${REGION} --table-name ${TABLE}`;
const OTHER_REGION = 'eu-west-1';
const KEY = 'the-first-key-of-acme';
const OPERATE = 'npm run --silent operate --';
const SECOND_MS = 1000;
/** How long something may take until it is over. The schedule runs every minute. */
const LIMIT_MS = 240 * SECOND_MS;

const steps = readSteps(await readFile(new URL('../../docs/runbook.md', import.meta.url), 'utf8'));
/** The steps that no test has run yet. */
const left = new Set(steps);
let sender: Sender;
let url: string;

beforeAll(async () => {
  await deploy(STAGE, SETTINGS);
  sender = await addSender(STAGE, 'acme', KEY);
  url = await apiUrlOf(STAGE);
});

afterEach(() => setFault(undefined));

it('Before you begin', async () => {
  const secret = 'a-key-of-22-characters';
  await follow('Before you begin', 'AWS_PAGER');
  const check = `[ "$key" = ${secret} ]`;
  await follow('Before you begin', 'read -rs key', {
    around: (commands) => `{ ${commands}\n${check}\n} <<< ${secret}`,
  });
});

it('Nat is down for a day', async () => {
  const section = 'Nat is down for a day';
  await setFault({ rate: 1, status: 503 });
  for (const email of ['ada@example.com', 'ben@example.com']) {
    await sender.send(email);
    await expect.poll(() => sender.statusOf(email)).toBe('retrying');
  }
  await follow(section, 'stats');
  await follow(section, '--status retrying');
  await setFault(undefined);
  await follow(section, 'redrive --waiting');
  await follow(section, 'redrive --stage');
  await follow(section, 'stats', { until: true });
  await expect.poll(() => sender.timeline('ada@example.com')).toHaveLength(1);
});

it('Nat hangs', async () => {
  await setFault({ rate: 1, delayMs: 15 * SECOND_MS });
  await sender.send('hang@example.com');
  await expect.poll(() => sender.statusOf('hang@example.com')).toBe('retrying');
  await follow('Nat hangs', 'filter timeout');
  await setFault(undefined);
  await follow('Nat hangs', 'redrive --waiting');
  await follow('Nat hangs', '--status retrying', { until: true });
});

it('Nat rejects a key', async () => {
  const section = 'Nat rejects a key';
  await setFault({ rate: 1, status: 401, apiKey: KEY });
  await sender.send('key@example.com');
  await expect.poll(() => sender.statusOf('key@example.com')).toBe('retrying');
  await follow(section, 'workspace.list');
  await follow(section, 'workspace.update', { key: 'the-new-key-for-nat' });
  await follow(section, 'interactions.list', { until: true });
  await follow(section, 'workspace.list', { until: true });
  await setFault(undefined);
  // The timelines of the sandbox belong to a key, and the later tests look at those of the first.
  await succeeds(
    `${OPERATE} workspace.update --workspace acme --nat-api-key env:KEY --stage ${STAGE}`,
    { KEY },
  );
});

it('The address of Nat is wrong', async () => {
  const section = 'The address of Nat is wrong';
  await setNatAddress(STAGE, `${natUrl}/nothing-here`);
  await succeeds(`npm run deploy -- --stage ${STAGE}`);
  await sender.send('address@example.com');
  await expect.poll(() => sender.statusOf('address@example.com')).toBe('retrying');
  await follow(section, 'filter natAddressWrong');
  await follow(section, 'get-parameter');
  await follow(section, 'put-parameter');
  await follow(section, 'deploy');
  await follow(section, 'redrive --waiting');
  await follow(section, '--status retrying', { until: true });
});

it('A poisoned event', async () => {
  const section = 'A poisoned event';
  await setFault({ rate: 1, status: 422 });
  await sender.send('refused@example.com');
  await expect.poll(() => sender.statusOf('refused@example.com')).toBe('dead');
  const contact = `acme#${'damaged'.padEnd(43, '-')}`;
  await putItem({ contact, day: today(), status: 'pending', acceptedAt: 'never' });
  await expect.poll(() => succeeds(`${OPERATE} stats --stage ${STAGE}`)).toMatch(/^dead +2$/m);
  await setFault(undefined);
  await follow(section, 'logs');
  await follow(section, '--status dead');
  await follow(section, 'redrive');
  await follow(section, 'contact.forget', { CONTACT: contact });
  await follow(section, 'stats', { until: true });
});

it('An API key has leaked', async () => {
  const section = 'An API key has leaked';
  const workspace = 'leaky';
  const scope = `--stage ${STAGE} --workspace ${workspace}`;
  const leaked = 'the-leaked-key-old1';
  await addSender(STAGE, workspace, leaked);
  await follow(section, 'workspace.show', { workspace });
  const rotate = `${OPERATE} workspace.rotate ${scope} --api-key`;
  await succeeds(`${rotate} the-key-in-between`);
  await follow(section, 'workspace.revoke', { workspace, ENDING: 'old1' });
  await follow(section, 'workspace.rotate', { workspace, key: 'the-key-of-leaky-new' });
  await follow(section, 'curl', { key: leaked, until: true });
});

it('A request to be forgotten', async () => {
  const section = 'A request to be forgotten';
  const EMAIL = 'forget@example.com';
  await sender.send(EMAIL);
  await expect.poll(() => sender.statusOf(EMAIL)).toBe('delivered');
  await follow(section, 'interactions.show', { EMAIL });
  await follow(section, 'contact.forget', { EMAIL });
  await follow(section, 'interactions.show', { EMAIL });
});

it('A customer leaves', async () => {
  const section = 'A customer leaves';
  const workspace = 'leaky';
  await follow(section, 'workspace.disable', { workspace });
  await follow(section, '--dry-run', { workspace });
  await follow(section, '--yes', { workspace });
  expect(await follow(section, 'workspace.list')).not.toContain(workspace);
});

it('Restore a table to a point in time', async () => {
  const section = 'Restore a table to a point in time';
  await sender.send('lost@example.com');
  await expect.poll(() => sender.statusOf('lost@example.com')).toBe('delivered');
  await setFault({ rate: 1, status: 503 });
  await sender.send('waiting@example.com');
  await expect.poll(() => sender.statusOf('waiting@example.com')).toBe('retrying');
  const TIME = new Date(Date.now() + SECOND_MS).toISOString();
  await wait(2 * SECOND_MS);
  for (const email of ['lost', 'waiting']) {
    await succeeds(
      `${OPERATE} contact.forget --workspace acme --email ${email}@example.com --yes --stage ${STAGE}`,
    );
  }
  await setFault(undefined);
  await follow(section, 'describe-continuous-backups');
  await follow(section, 'restore-table-to-point-in-time', { TIME });
  await follow(section, 'wait table-exists');
  await follow(section, 'dry-run');
  await follow(section, 'interactions.restore --stage');
  expect(await sender.statusOf('lost@example.com')).toBe('delivered');
  await expect.poll(() => sender.timeline('waiting@example.com')).toHaveLength(1);
  await follow(section, 'dry-run');
  await follow(section, 'delete-table');
});

it('Restore a table that is gone', async () => {
  const section = 'Restore a table that is gone';
  await succeeds(`aws dynamodb update-table ${IN_TABLE} --no-deletion-protection-enabled`);
  await succeeds(`aws dynamodb delete-table ${IN_TABLE}`);
  expect(await sender.send('gone@example.com')).toMatchObject({ code: 'unavailable' });
  await follow(section, 'restore-table-from-backup');
  expect(await describeTable()).not.toHaveProperty('StreamSpecification');
  await follow(section, 'stream-specification');
  expect(await describeTable()).toMatchObject({
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    DeletionProtectionEnabled: true,
    GlobalSecondaryIndexes: [{ IndexName: 'due' }],
  });
  await follow(section, 'create-event-source-mapping');
  await follow(section, 'redrive');
  await follow(section, 'smoke', { key: KEY });
  await sender.send('gone@example.com');
  await expect.poll(() => sender.timeline('gone@example.com')).toHaveLength(1);
  await follow(section, '--status pending', { until: true });
  // What was there before is there again.
  expect(await sender.send('lost@example.com')).toEqual({ status: 'duplicate' });
});

it('Roll back a deployment', async () => {
  const section = 'Roll back a deployment';
  const list = await follow(section, 'rollback --stage runbook\n');
  const TIMESTAMP = [...list.matchAll(/Timestamp: (\d+)/g)].at(0)?.[1] ?? '';
  await follow(section, '--timestamp', { TIMESTAMP });
  await follow(section, 'smoke', { key: KEY });
});

it('Rotate the secrets', async () => {
  await follow('Rotate the secrets', 'secrets.rotate');
  await follow('Rotate the secrets', 'workspace.list');
  await sender.send('rotated@example.com');
  await expect.poll(() => sender.statusOf('rotated@example.com')).toBe('delivered');
});

it('The quota of concurrency is used up', async () => {
  const section = 'The quota of concurrency is used up';
  await follow(section, 'get-account-settings');
  await follow(section, 'request-service-quota-increase');
  const concurrency = { identifyConcurrency: 20, deliverConcurrency: 8, redeliverConcurrency: 1 };
  await writeSettings(service, STAGE, { ...SETTINGS, ...concurrency });
  await follow(section, 'deploy');
  await follow(section, 'get-function-concurrency');
});

// The last one: MiniStack gives the roles of both regions the same name, AWS does not.
it('A region is lost', async () => {
  const section = 'A region is lost';
  await follow(section, 'workspace.list');
  await follow(section, 'deploy');
  await follow(section, 'workspace.add', { key: KEY, NAME: 'Acme', ZONE: 'UTC' });
  url = await apiUrlOf(STAGE, OTHER_REGION);
  await follow(section, 'smoke', { key: KEY });
});

it('every command of the runbook was run', () => {
  expect([...left].map(({ section, commands }) => `${section}: ${commands}`)).toEqual([]);
});

/** How a step is run. What is in capitals is put for that word of the document. */
interface Options {
  workspace?: string;
  /** The secret in the variable `key`. */
  key?: string;
  /** Run it again until it prints what the document says. */
  until?: true;
  around?: (commands: string) => string;
  [WORD: Uppercase<string>]: string;
}

/**
 * Runs the next step of a section that has a text in its commands, as it is printed.
 *
 * @returns what it printed, which is what the document says
 */
async function follow(section: string, part: string, options: Options = {}): Promise<string> {
  const { workspace = 'acme', key = '', until = false, around = (text: string) => text } = options;
  const step = [...left].find((each) => each.section === section && fill(each).includes(part));
  if (step === undefined) throw new Error(`${section} has no step left with ${part}`);
  left.delete(step);
  const env = { key };
  const command = `set -e; ${around(fill(step))}`;
  const printed = step.printed.replace(/\bprod\b/g, STAGE).replace(/\bacme\b/g, workspace);
  const end = Date.now() + (until ? LIMIT_MS : 0);
  let result = await run(command, env);
  const isAsPrinted = () => result.code === 0 && isPrinted(result.output, printed);
  while (!isAsPrinted() && Date.now() < end) {
    await wait(SECOND_MS);
    result = await run(command, env);
  }
  if (isAsPrinted()) return result.output;
  throw new Error(
    `${section}: ${step.commands}ended with ${result.code} and printed\n${result.output}\ninstead of\n${printed}`,
  );

  function fill({ commands }: Step): string {
    const words = { ...options, WORKSPACE: workspace, ADDRESS: `${natUrl}/identify` };
    return commands
      .replace(/https:\/\/ID\.execute-api\.[\w-]+\.amazonaws\.com/, url)
      .replace(/\b[A-Z]+\b/g, (word) => wordIn(words, word) ?? word)
      .replace(/\bprod\b/g, STAGE);
  }
}

function wordIn(words: object, word: string): string | undefined {
  const [, value] = Object.entries(words).find(([name]) => name === word) ?? [];
  return typeof value === 'string' ? value : undefined;
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** Writes an item of texts into the table. */
async function putItem(texts: Record<string, string>): Promise<void> {
  const item = Object.fromEntries(Object.entries(texts).map(([name, S]) => [name, { S }]));
  await succeeds(`aws dynamodb put-item ${IN_TABLE} --item '${JSON.stringify(item)}'`);
}

async function describeTable(): Promise<unknown> {
  return JSON.parse(await succeeds(`aws dynamodb describe-table ${IN_TABLE}`)).Table;
}
