import { describe, expect, it } from 'vitest';
import { readConfig } from '../../lib/runtime/config.ts';
import { isBadPort, problemOfNatApiUrl } from '../../lib/runtime/nat-api-url.ts';

const complete = {
  INTERACTIONS_TABLE: 'interactions',
  WORKSPACES_TABLE: 'workspaces',
  CONTACTS_SECRET: 'arn of a secret',
  NAT_KEYS_SECRET: 'arn of a secret',
  SIGNATURES_SECRET: 'arn of a secret',
  NAT_API_URL: 'https://intake.nat.example/identify',
};
const withRetention = (days: string) => readConfig({ ...complete, RETENTION_DAYS: days });

describe('the environment', () => {
  it('is read as it is, without what is not ours', () => {
    expect(readConfig({ ...complete, PATH: '/bin' })).toEqual({ ...complete, ROUTINE_LOG_RATE: 0 });
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
      /INTERACTIONS_TABLE: .*; WORKSPACES_TABLE: .*; CONTACTS_SECRET: .*; NAT_KEYS_SECRET: .*; SIGNATURES_SECRET: .*; NAT_API_URL: /,
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

describe('NAT_API_URL', () => {
  it.each([
    'https://nat.example',
    'https://nat.example:8443/identify?v=1',
    'http://localhost:4000/identify',
    'http://127.0.0.1:4000',
    'http://127.1.2.3',
    'http://[::1]:4000',
  ])('may be %s', (url) => {
    expect(problemOfNatApiUrl(url)).toBeUndefined();
  });

  it.each([
    ['nat.example', /must be a URL/],
    ['https://', /must be a URL/],
    ['ftp://nat.example', /must begin with https/],
    ['https://user@nat.example', /user name or a password/],
    ['https://:secret@nat.example', /user name or a password/],
    ['http://nat.example', /http is only for localhost/],
    ['http://localhost.nat.example', /http is only for localhost/],
    ['http://127.0.0.1.nat.example', /http is only for localhost/],
    ['http://10.0.0.1', /http is only for localhost/],
    ['https://nat.example:6000', /port that fetch refuses/],
    ['http://localhost:5060', /port that fetch refuses/],
  ])('may not be %s', (url, problem) => {
    expect(() => readConfig({ ...complete, NAT_API_URL: url })).toThrow(problem);
  });

  it('may have exactly the ports that fetch calls', async () => {
    const called = new Error('called');
    // Takes the place of the network: `fetch` comes to it with every port that it does not refuse.
    const dispatcher = {
      dispatch() {
        throw called;
      },
    };
    for (let port = 0; port < 65_536; port += 1) {
      const options: object = { dispatcher };
      const error = await fetch(`http://localhost:${port}`, options).catch(({ cause }) => cause);
      if (isBadPort(port) !== (error !== called)) throw new Error(`port ${port}: ${error}`);
    }
  });
});

describe('ROUTINE_LOG_RATE', () => {
  const withRate = (rate: string) => readConfig({ ...complete, ROUTINE_LOG_RATE: rate });

  it('means no line when it is empty', () => {
    expect(withRate('').ROUTINE_LOG_RATE).toBe(0);
  });

  it.each([
    ['0.01', 0.01],
    ['1', 1],
  ])('takes %s', (rate, expected) => {
    expect(withRate(rate).ROUTINE_LOG_RATE).toBe(expected);
  });

  it.each(['-0.1', '1.1', '5 %', 'NaN'])('refuses "%s"', (rate) => {
    expect(() => withRate(rate)).toThrow(/^configuration: ROUTINE_LOG_RATE: [^;]+$/);
  });
});
