import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeError, toOwnError } from '../../lib/runtime/describe-error.ts';
import { OwnError } from '../../lib/runtime/own-error.ts';

const ADDRESS = 'peter@example.com';

/** An error as the AWS SDK makes it of an answer. */
function awsError(fields: object): Error {
  const error = new Error(`1 validation error: ${ADDRESS}`);
  return Object.assign(error, {
    name: 'ValidationException',
    $metadata: { httpStatusCode: 400, requestId: '7DNC-1=' },
    ...fields,
  });
}

describe('what is logged of an error', () => {
  it('is name, code, status, request id and frames, but not the message', () => {
    const { stack, ...rest } = describeError(awsError({ code: 'ECONNRESET', email: ADDRESS }));
    expect(rest).toEqual({
      name: 'ValidationException',
      code: 'ECONNRESET',
      status: 400,
      requestId: '7DNC-1=',
    });
    expect(stack).toMatch(/^ {4}at awsError \(.*describe-error\.test\.ts:\d+:\d+\)$/m);
    expect(stack).not.toContain('validation');
  });

  it('is also the message if it is in our own words', () => {
    expect(describeError(new OwnError('configuration: NAT_API_URL: is missing'))).toMatchObject({
      name: 'OwnError',
      message: 'configuration: NAT_API_URL: is missing',
    });
  });

  it('is the same of its causes, to an end', () => {
    const error = new Error('outer', { cause: new TypeError('inner') });
    expect(describeError(error).cause).toMatchObject({ name: 'TypeError' });
    expect(describeError(error).cause).not.toHaveProperty('message', 'inner');
    const circular = new Error('circular');
    circular.cause = circular;
    expect(JSON.stringify(describeError(circular)).match(/"cause"/g)).toHaveLength(5);
  });

  it.each([
    ['name', { name: ADDRESS }],
    ['code', { code: `E${ADDRESS}` }],
    ['code', { code: `ECONNRESET ${ADDRESS}` }],
    ['code', { code: `${ADDRESS} ECONNRESET` }],
    ['status', { $metadata: { httpStatusCode: ADDRESS } }],
    ['request id', { $metadata: { requestId: ADDRESS } }],
    ['metadata', { $metadata: ADDRESS }],
    ['stack', { stack: `Error: x\n    at ${ADDRESS} (/a.js:1:2)\n    at ${ADDRESS}/a.js:1:2` }],
    ['stack', { stack: `    at a (/a ${ADDRESS}:1:2)` }],
    ['stack', { stack: `${ADDRESS}    at a (/a.js:1:2)\n    at a (/a.js:1:2) ${ADDRESS}` }],
  ])('has no address that is in its %s', (_what, fields) => {
    expect(JSON.stringify(describeError(awsError(fields)))).not.toContain(ADDRESS);
  });

  it('has a name in any case', () => {
    expect(describeError(awsError({ name: ADDRESS })).name).toBe('Error');
  });

  it('has the frames without a name, and those in which the message is', () => {
    const frames = '    at file:///var/task/a.js:12:34\n    at a.a (/var/task/a.js:1:2)';
    const error = Object.assign(new Error('a'), { stack: `Error: a\n${frames}` });
    expect(describeError(error).stack).toBe(frames);
  });

  it('has the frames if the message was changed later, and none if there are none', () => {
    const error = new Error('first');
    error.message = 'later';
    expect(describeError(error).stack).toMatch(/^ {4}at .*describe-error\.test\.ts/);
    expect(describeError(Object.assign(new Error('x'), { stack: undefined })).stack).toBe('');
  });

  it('has the frames of a package with a scope', () => {
    const frame =
      '    at async Client.send (file:///var/node_modules/@smithy/core/dist/a.js:12:34)';
    expect(describeError(awsError({ stack: `Error: x\n${frame}` })).stack).toBe(frame);
  });

  it('has nothing of a message, whatever lines are in it', () => {
    const line = fc.constantFrom(
      '',
      `    at ${ADDRESS}`,
      '    at secret (/secret.js:1:2)',
      ' secret',
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const error = new Error(lines.join('\n'));
        expect(describeError(error).stack).not.toMatch(/secret|peter/);
      }),
    );
  });
});

describe('what a function throws', () => {
  it('is the error itself if it is in our own words', () => {
    const own = new OwnError('2 redeliveries failed');
    expect(toOwnError(own)).toBe(own);
  });

  it('says the name, the status and the request id of any other error, and where it was', () => {
    const own = toOwnError(awsError({ code: 'ECONNRESET', email: ADDRESS }));
    expect(own).toBeInstanceOf(OwnError);
    expect(own.message).toBe(
      'failed with ValidationException, code ECONNRESET, status 400, request id 7DNC-1=',
    );
    expect(own.stack).toMatch(/^OwnError: failed with .*\n {4}at awsError \(/);
    expect(JSON.stringify({ ...own, stack: own.stack })).not.toContain(ADDRESS);
  });

  it('says no more than is known', () => {
    expect(toOwnError(new TypeError(ADDRESS)).message).toBe('failed with TypeError');
  });

  it('is an error, whatever was thrown', () => {
    expect(toOwnError(ADDRESS).message).toBe('not an error: string');
  });
});
