import { describe, expect, it } from 'vitest';
import { checkSettings, readConfig } from '../../lib/runtime/config.ts';

const complete = {
  INTERACTIONS_TABLE: 'interactions',
  WORKSPACES_TABLE: 'workspaces',
  DEPLOYMENT_SECRET: 'a deployment secret of 32 chars!',
  NAT_API_URL: 'https://intake.nat.example/identify',
};
const withRetention = (days: string) => readConfig({ ...complete, RETENTION_DAYS: days });

describe('the environment', () => {
  it('is read without the variables of others', () => {
    expect(readConfig({ ...complete, PATH: '/bin' })).toEqual(complete);
  });

  it.each(Object.keys(complete))('is refused without %s, which is named', (name) => {
    expect(() => readConfig({ ...complete, [name]: undefined })).toThrow(
      new RegExp(`^configuration: ${name}: [^;]+$`),
    );
  });

  it.each(Object.keys(complete))('is refused with an empty %s, which is named', (name) => {
    expect(() => readConfig({ ...complete, [name]: '' })).toThrow(
      new RegExp(`^configuration: ${name}: [^;]+$`),
    );
  });

  it('is refused with every variable that is wrong at once', () => {
    expect(() => readConfig({})).toThrow(
      /INTERACTIONS_TABLE: .*; WORKSPACES_TABLE: .*; DEPLOYMENT_SECRET: .*; NAT_API_URL: /,
    );
  });

  it('is refused without repeating a value', () => {
    expect(() => readConfig({ ...complete, NAT_API_URL: 'user-and-password' })).toThrow(
      /^configuration: NAT_API_URL: (?!.*user-and-password)/,
    );
  });
});

describe('RETENTION_DAYS', () => {
  it.each([
    ['7', 7],
    ['8', 8],
    ['400', 400],
  ])('takes %s', (days, expected) => {
    expect(withRetention(days).RETENTION_DAYS).toBe(expected);
  });

  it('means unlimited when it is empty or absent', () => {
    expect(withRetention('').RETENTION_DAYS).toBeUndefined();
    expect(readConfig(complete).RETENTION_DAYS).toBeUndefined();
  });

  it.each(['6', '0', '-7', '7.5', 'a week', '7 days', 'NaN', 'Infinity', ' '])(
    'refuses "%s"',
    (days) => {
      expect(() => withRetention(days)).toThrow(/^configuration: RETENTION_DAYS: [^;]+$/);
    },
  );
});

describe('the settings of a deployment', () => {
  it.each([{}, { RETENTION_DAYS: '', PATH: '/bin' }, { NAT_API_URL: 'https://nat.example/i' }])(
    'may be %j',
    (env) => {
      expect(() => checkSettings(env)).not.toThrow();
    },
  );

  it.each([
    ['NAT_API_URL', 'not-a-url'],
    ['NAT_API_URL', ''],
    ['RETENTION_DAYS', '3'],
    ['RETENTION_DAYS', 'abc'],
  ])('may not have %s=%s', (name, value) => {
    expect(() => checkSettings({ [name]: value })).toThrow(
      new RegExp(`^configuration: ${name}: (?!.*not-a-url)`),
    );
  });
});
