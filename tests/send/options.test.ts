import { expect, it } from 'vitest';
import { readOptions } from '../../cli/send/options.ts';

it('sends to the local stack, with its key, unless told otherwise', () => {
  expect(readOptions(['events.json'], {})).toEqual({
    help: false,
    file: 'events.json',
    url: 'http://localhost:3000/v1/batch',
    key: 'local-api-key',
  });
  expect(readOptions(['-'], { API_PORT: '3200' })).toMatchObject({
    file: '-',
    url: 'http://localhost:3200/v1/batch',
  });
});

it.each([
  ['https://api.example.com', 'https://api.example.com/v1/batch'],
  ['https://api.example.com/', 'https://api.example.com/v1/batch'],
  ['https://api.example.com/prod/', 'https://api.example.com/prod/v1/batch'],
  ['https://api.example.com/v1/identify', 'https://api.example.com/v1/batch'],
  ['https://api.example.com/prod/v1/batch/', 'https://api.example.com/prod/v1/batch'],
])('finds the batch path of %s', (url, expected) => {
  expect(readOptions(['f', '--url', url, '--key', 'k'], {}).url).toBe(expected);
});

it('takes the key of --key, then of API_KEY, and never sends the local one elsewhere', () => {
  const elsewhere = ['f', '--url', 'https://api.example.com'];
  expect(readOptions([...elsewhere, '--key', 'a'], { API_KEY: 'b' }).key).toBe('a');
  expect(readOptions(elsewhere, { API_KEY: 'b' }).key).toBe('b');
  expect(readOptions(['f'], { API_KEY: 'b' }).key).toBe('b');
  expect(readOptions(['f', '--url', 'http://localhost:3000'], { API_KEY: '' }).key).toBe(
    'local-api-key',
  );
  expect(() => readOptions(elsewhere, {})).toThrow('Set --key, or API_KEY in the environment.');
});

it('asks for a dry run with --dry-run', () => {
  expect(readOptions(['f', '--dry-run'], {}).url).toBe(
    'http://localhost:3000/v1/batch?dryRun=true',
  );
});

it.each([
  [[], /^Name one FILE/],
  [['a', 'b'], /^Name one FILE/],
  [['a', '--uri', 'x'], /^Unknown option '--uri'/],
  [['a', '--url', 'api.example.com'], /^--url must be an address/],
  [['a', '--url', 'ftp://api.example.com'], /^--url must be an address/],
])('says in a line what is wrong with %j', (args, message) => {
  expect(() => readOptions(args, {})).toThrow(message);
  expect(() => readOptions(args, {})).not.toThrow(/\n/);
});

it('needs nothing else for --help', () => {
  expect(readOptions(['--help'], {}).help).toBe(true);
  expect(readOptions(['-h', '--url', 'https://api.example.com'], {}).help).toBe(true);
});
