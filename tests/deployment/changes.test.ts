import { describe, expect, it } from 'vitest';
import { changesBetween } from '../../cli/deploy/changes.ts';
import { unsafeRetention } from '../../cli/deploy/retention.ts';

const functionWith = (RETENTION_DAYS: string, S3Key = 'a.zip') => ({
  Type: 'AWS::Lambda::Function',
  Properties: { Code: { S3Key }, Environment: { Variables: { RETENTION_DAYS } } },
});
const templateWith = (Resources: Record<string, { Type: string }>) => ({ Resources });

describe('the changes that a deployment prints', () => {
  it('name what is added, removed and changed, with both values', () => {
    const deployed = templateWith({
      Identify: functionWith('400'),
      Old: { Type: 'AWS::SNS::Topic' },
    });
    const next = templateWith({ Identify: functionWith(''), New: { Type: 'AWS::SQS::Queue' } });
    expect(changesBetween(deployed, next)).toEqual([
      '~ Identify.Properties.Environment.Variables.RETENTION_DAYS: 400 → none',
      '+ New (AWS::SQS::Queue)',
      '- Old (AWS::SNS::Topic)',
    ]);
  });

  it('do not repeat a long value', () => {
    const alarm = (AlarmDescription: string) => ({ Type: 'A', Properties: { AlarmDescription } });
    const deployed = templateWith({ Alarm: alarm('a'.repeat(61)) });
    expect(changesBetween(deployed, templateWith({ Alarm: alarm('b') }))).toEqual([
      '~ Alarm.Properties.AlarmDescription',
    ]);
  });

  it('are none if only the place of the code differs', () => {
    const deployed = templateWith({ Identify: functionWith('', '1/identify.zip') });
    const next = templateWith({ Identify: functionWith('', '2/identify.zip') });
    expect(changesBetween(deployed, next)).toEqual([]);
  });
});

describe('a change of RETENTION_DAYS', () => {
  const change = (before: string, after: string) =>
    unsafeRetention(
      templateWith({ Identify: functionWith(before) }),
      templateWith({ Topic: { Type: 'AWS::SNS::Topic' }, Identify: functionWith(after) }),
    );

  it.each([
    ['', ''],
    ['', '400'],
    ['400', '400'],
    ['400', '7'],
  ])('from "%s" to "%s" is safe', (before, after) => {
    expect(change(before, after)).toBeUndefined();
  });

  it.each([
    ['400', ''],
    ['400', '401'],
    ['9', '10'],
  ])('from "%s" to "%s" would accept events of days that are deleted', (before, after) => {
    expect(change(before, after)).toBe(before);
  });
});
