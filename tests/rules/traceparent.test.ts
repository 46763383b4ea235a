import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { childTraceparent, parseTraceparent } from '../../lib/runtime/traceparent.ts';

// The examples of https://www.w3.org/TR/trace-context-1/#examples-of-http-traceparent-headers
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT_ID = '00f067aa0ba902b7';
const SAMPLED = `00-${TRACE_ID}-${PARENT_ID}-01`;
const NOT_SAMPLED = `00-${TRACE_ID}-${PARENT_ID}-00`;

const hex = (digits: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: digits, maxLength: digits });
const id = (digits: number) => hex(digits).filter((text) => /[^0]/.test(text));

describe('a header traceparent', () => {
  it.each([SAMPLED, NOT_SAMPLED])('is taken as it is: %s', (header) => {
    expect(parseTraceparent(header)).toEqual({ traceId: TRACE_ID, traceparent: header });
  });

  it('is valid with any ids but zero, and any flags, of which only "sampled" is passed on', () => {
    fc.assert(
      fc.property(id(32), id(16), hex(2), (traceId, parentId, flags) => {
        const sampled = Number.parseInt(flags, 16) % 2 === 1 ? '01' : '00';
        expect(parseTraceparent(`00-${traceId}-${parentId}-${flags}`)).toEqual({
          traceId,
          traceparent: `00-${traceId}-${parentId}-${sampled}`,
        });
      }),
    );
  });

  it('of a later version is read as far as version 00 goes, and passed on as that', () => {
    const version = hex(2).filter((text) => text !== 'ff' && text !== '00');
    const more = fc.oneof(
      fc.constant(''),
      fc.string().map((text) => `-${text}`),
    );
    fc.assert(
      fc.property(version, more, (number, rest) => {
        const header = `${number}-${TRACE_ID}-${PARENT_ID}-01${rest}`;
        expect(parseTraceparent(header)).toEqual({ traceId: TRACE_ID, traceparent: SAMPLED });
      }),
    );
  });

  it.each([
    ['none', undefined],
    ['an empty one', ''],
    ['version ff', `ff-${TRACE_ID}-${PARENT_ID}-01`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${PARENT_ID}-01`],
    ['a parent id of zeros', `00-${TRACE_ID}-${'0'.repeat(16)}-01`],
    ['upper case', SAMPLED.toUpperCase()],
    ['more than version 00 has', `${SAMPLED}-more`],
    ['a dash at the end', `${SAMPLED}-`],
    ['a later version without a dash before what is new', `01-${TRACE_ID}-${PARENT_ID}-01more`],
    ['a short trace id', `00-${TRACE_ID.slice(1)}-${PARENT_ID}-01`],
    ['a long parent id', `00-${TRACE_ID}-0${PARENT_ID}-01`],
    ['a digit that is not hexadecimal', SAMPLED.replace('4b', '4g')],
    ['two headers, as API Gateway joins them', `${SAMPLED},${NOT_SAMPLED}`],
    ['a space before it', ` ${SAMPLED}`],
    ['a line after it', `${SAMPLED}\n`],
    ['another version as number', SAMPLED.slice(1)],
  ])('is ignored: %s', (_what, header) => {
    expect(parseTraceparent(header)).toBeUndefined();
    expect(childTraceparent(header)).toBeUndefined();
  });

  it('gives at most 55 characters of fixed form, whatever is sent', () => {
    const pieces = fc.constantFrom(
      '00',
      '-',
      TRACE_ID,
      PARENT_ID,
      '01',
      'ff',
      '0',
      'peter@example.com',
      '\r\n',
    );
    const header = fc.oneof(
      fc.string(),
      fc.array(pieces).map((some) => some.join('')),
    );
    fc.assert(
      fc.property(header, (text) => {
        const traceparent = parseTraceparent(text)?.traceparent ?? NOT_SAMPLED;
        expect(traceparent).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-0[01]$/);
      }),
    );
  });
});

describe('the header of a call that a request led to', () => {
  it('has the same trace and the same flag, and a new span', () => {
    fc.assert(
      fc.property(fc.constantFrom(SAMPLED, NOT_SAMPLED), (parent) => {
        const children = [childTraceparent(parent), childTraceparent(parent)];
        for (const child of children) {
          expect(parseTraceparent(child)?.traceparent).toBe(child);
          expect(child?.slice(0, 36)).toBe(parent.slice(0, 36));
          expect(child?.slice(-2)).toBe(parent.slice(-2));
        }
        expect(new Set([parent, ...children]).size).toBe(3);
      }),
    );
  });
});
