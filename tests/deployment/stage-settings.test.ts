import { describe, expect, it } from 'vitest';
import { problemsOf } from '../../cli/deploy/stage-settings.ts';

const good = {
  name: 'prod',
  region: 'eu-west-1',
  settings: { alarmEmail: 'operator@nat.example' },
  natApiUrl: 'https://nat.example/identify',
};
const withSettings = (settings: object) =>
  problemsOf({ ...good, settings: { ...good.settings, ...settings } });

describe('a stage may be deployed', () => {
  it('with an address for its alarms and the address of Nat', () => {
    expect(problemsOf(good)).toEqual([]);
  });

  it('without an address for its alarms if it is throw-away', () => {
    expect(problemsOf({ ...good, settings: { throwAway: true } })).toEqual([]);
  });

  it.each([
    { throwAway: null, retentionDays: null, domain: null },
    { retentionDays: 7 },
    { retentionDays: 3650 },
    { logLevel: 'WARN', routineLogRate: 0.01 },
    { identifyConcurrency: 100, deliverConcurrency: 40, redeliverConcurrency: 1 },
    {
      domain: {
        name: 'events.nat.example',
        certificateArn: 'arn:aws:acm:eu-west-1:1:certificate/2',
      },
    },
  ])('with the settings %j', (settings) => {
    expect(withSettings(settings)).toEqual([]);
  });
});

describe('a stage may not be deployed', () => {
  it('if it is the local stack', () => {
    expect(problemsOf({ ...good, name: 'local' })).toEqual([
      'local is the stage of npm start: it cannot be deployed.',
    ]);
  });

  it('without a file that says what it is, so a mistyped name creates nothing', () => {
    expect(problemsOf({ ...good, name: 'prdo', settings: null })).toEqual([
      expect.stringContaining('stages/prdo.yml is missing'),
    ]);
  });

  it.each([{}, { alarmEmail: null }, { alarmEmail: '' }, { throwAway: false }])(
    'without anybody who gets its alarms: %j',
    (settings) => {
      expect(problemsOf({ ...good, settings })).toContainEqual(
        expect.stringMatching(/stages\/prod.yml: alarmEmail: .*(is required|must be)/),
      );
    },
  );

  it.each([
    ['alarmEmail', 'notanemail'],
    ['retentionDays', 6],
    ['retentionDays', 3651],
    ['retentionDays', 7.5],
    ['retentionDays', '400'],
    ['identifyConcurrency', 0],
    ['deliverConcurrency', 1.5],
    ['redeliverConcurrency', '1'],
    ['logLevel', 'info'],
    ['routineLogRate', 1.1],
    ['throwAway', 'yes'],
    ['domain', { name: 'events.nat.example' }],
    ['domain', { name: 'https://events.nat.example', certificateArn: 'arn:aws:acm:a:1:b' }],
  ])('with %s: %j', (name, value) => {
    expect(withSettings({ [name]: value })).toContainEqual(
      expect.stringMatching(`^stages/prod.yml: ${name}`),
    );
  });

  it('with a setting that does not exist, such as a mistyped one', () => {
    expect(withSettings({ retentionDay: 400 })).toEqual([expect.stringContaining('retentionDay')]);
  });

  it('without the address of Nat, and the message has the command that sets it', () => {
    expect(problemsOf({ ...good, natApiUrl: '' })).toEqual([
      'The SSM parameter /nat-destination/prod/nat-api-url is missing. Run: ' +
        'aws ssm put-parameter --region eu-west-1 --overwrite --cli-input-json ' +
        `'{"Name":"/nat-destination/prod/nat-api-url","Type":"String","Value":"https://…"}'`,
    ]);
  });

  it('with an address that cannot be the one of Nat, which is not repeated', () => {
    const [problem] = problemsOf({ ...good, natApiUrl: 'http://user:secret@nat.example' });
    expect(problem).toContain('nat-api-url must not have a user name or a password in it');
    expect(problem).not.toContain('secret');
  });
});
