import { GetEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { REGION } from './cloud.ts';
import { deploy, lambda, setNatAddress, succeeds } from './operator.ts';
import { addSender, type Sender, setFault } from './sender.ts';
import { natUrl } from './workplace.ts';

const STAGE = 'alarms';
const SERVICE = `nat-destination-${STAGE}`;
const RULE = `${SERVICE}-redeliver`;
const KEY = 'the-first-key-of-acme';
const NEW_KEY = 'the-second-key-of-acme';
const TEN_MINUTES = 600_000;

const alarmsSchema = v.object({
  MetricAlarms: v.array(v.object({ AlarmName: v.string(), AlarmDescription: v.string() })),
});

/** The commands that the description of each deployed alarm prints, by the alarm's short name. */
const commands = new Map<string, string[]>();
let sender: Sender;

beforeAll(async () => {
  await deploy(STAGE, { alarmEmail: 'operator@nat.example' });
  sender = await addSender(STAGE, 'acme', KEY);
  const output = await aws(`cloudwatch describe-alarms --alarm-name-prefix ${SERVICE}`);
  for (const { AlarmName, AlarmDescription } of v.parse(alarmsSchema, output).MetricAlarms) {
    const found = [...AlarmDescription.matchAll(/`([^`]+)`/g)].map(([, command = '']) => command);
    commands.set(AlarmName.replace(`${SERVICE}-`, ''), found);
  }
});

describe('the commands of an alarm repair what it is about', () => {
  it('dead: the interactions are delivered', async () => {
    await setFault({ rate: 1, status: 422 });
    await sender.send('dead@example.com');
    await expect.poll(() => sender.statusOf('dead@example.com')).toBe('dead');
    await setFault(undefined);
    await runCommands('dead', 'interactions.redrive');
    await expect.poll(() => sender.statusOf('dead@example.com')).toBe('delivered');
  });

  it('nat-key-rejected: the new key releases what waits', async () => {
    await setFault({ rate: 1, status: 401, apiKey: KEY });
    await sender.send('key@example.com');
    await expect.poll(() => sender.statusOf('key@example.com')).toBe('retrying');
    await runCommands('nat-key-rejected', 'workspace.update');
    await expect.poll(() => sender.statusOf('key@example.com')).toBe('delivered');
    await setFault(undefined);
  });

  it('nat-address-wrong: what waits reaches the right address', async () => {
    await setNatAddress(STAGE, `${natUrl}/nothing-here`);
    await succeeds(`npm run deploy -- --stage ${STAGE}`);
    await sender.send('address@example.com');
    await expect.poll(() => sender.statusOf('address@example.com')).toBe('retrying');
    await runCommands('nat-address-wrong', '');
    await expect.poll(() => sender.statusOf('address@example.com')).toBe('delivered');
  });

  it('deliver-stopped: the trigger goes on where it stopped', async () => {
    const [start = ''] = commands.get('deliver-stopped') ?? [];
    const uuid = /--uuid (\S+)/.exec(start)?.[1];
    await aws(`lambda update-event-source-mapping --uuid ${uuid} --no-enabled`);
    await expect.poll(() => stateOf(uuid)).toBe('Disabled');
    await sender.send('stopped@example.com');
    expect(await sender.statusOf('stopped@example.com')).toBe('pending');
    await succeeds(start);
    await expect.poll(() => sender.statusOf('stopped@example.com')).toBe('delivered');
  });

  it.each([
    ['is switched off', [`events disable-rule --name ${RULE}`]],
    [
      'is gone',
      [
        `events remove-targets --rule ${RULE} --ids redeliverSchedule`,
        `events delete-rule --name ${RULE}`,
      ],
    ],
  ])('redeliver-stopped: the schedule runs again if it %s', async (_, causes) => {
    for (const cause of causes) await aws(cause);
    await runCommands('redeliver-stopped', '');
    expect(await aws(`events describe-rule --name ${RULE}`)).toMatchObject({
      State: 'ENABLED',
      ScheduleExpression: 'rate(1 minute)',
    });
    expect(await aws(`events list-targets-by-rule --rule ${RULE}`)).toMatchObject({
      Targets: [{ Id: 'redeliverSchedule', Arn: expect.stringMatching(`:function:${RULE}$`) }],
    });
  });

  it('unrecovered-queue: the messages are gone', async () => {
    const [purge = ''] = (commands.get('unrecovered-queue') ?? []).slice(-1);
    const url = /--queue-url (\S+)/.exec(purge)?.[1];
    await aws(`sqs send-message --queue-url ${url} --message-body x`);
    await succeeds(purge);
    expect(
      await aws(`sqs get-queue-attributes --queue-url ${url} --attribute-names All`),
    ).toMatchObject({ Attributes: { ApproximateNumberOfMessages: '0' } });
  });
});

it(
  'every command of every alarm runs as it is printed',
  async () => {
    expect([...commands.values()].filter((found) => found.length === 0)).toEqual([]);
    // Logs exist once a function has run, and recover has had nothing to do.
    await aws(`lambda invoke --function-name ${SERVICE}-recover /dev/null`);
    const all = new Set([...commands.values()].flat());
    for (const command of all) await succeeds(filledIn(command));
  },
  TEN_MINUTES,
);

/** Runs the commands of an alarm that contain a text, in their order. */
async function runCommands(alarm: string, part: string): Promise<void> {
  const chosen = (commands.get(alarm) ?? []).filter((command) => command.includes(part));
  expect(chosen).not.toEqual([]);
  for (const command of chosen) await succeeds(filledIn(command));
}

/** Fills in what only the operator knows. */
function filledIn(command: string): string {
  return command
    .replace('--workspace ID', '--workspace acme')
    .replace('--nat-api-key KEY', `--nat-api-key ${NEW_KEY}`)
    .replace('"ADDRESS"', `"${natUrl}/identify"`);
}

async function aws(command: string): Promise<unknown> {
  const output = await succeeds(`aws ${command} --region ${REGION}`);
  return output === '' ? undefined : JSON.parse(output);
}

async function stateOf(UUID: string | undefined): Promise<string | undefined> {
  return (await lambda.send(new GetEventSourceMappingCommand({ UUID }))).State;
}
