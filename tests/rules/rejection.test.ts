import { describe, expect, it } from 'vitest';
import { REJECTIONS, Rejection, type RejectionCode } from '../../lib/event/rejection.ts';

const codes = Object.keys(REJECTIONS) as RejectionCode[];
/** The codes whose message begins with the name of a field. */
const OF_A_FIELD: RejectionCode[] = [
  'field_repeated',
  'field_not_string',
  'field_not_object',
  'text_malformed',
  'email_invalid',
  'email_too_long',
  'timestamp_invalid',
  'timestamp_in_future',
  'timestamp_too_old',
];

describe('a rejection', () => {
  it.each(codes)('has a code, a status and a sentence: %s', (code) => {
    const rejection = new Rejection(code, 'traits.email');
    expect(rejection).toMatchObject({ name: 'Rejection', code, status: REJECTIONS[code].status });
    expect(rejection.message).toMatch(/^\w.{20,}\.$/);
  });

  it.each(codes)('names the field that is wrong, where there is one: %s', (code) => {
    const { message, field } = new Rejection(code, 'traits.email');
    expect(message.startsWith('traits.email ')).toBe(OF_A_FIELD.includes(code));
    expect(field).toBe('traits.email');
  });

  it('names nothing that it was not given', () => {
    expect(new Rejection('field_not_string')).toMatchObject({
      message: ' must be a string.',
      field: '',
    });
    expect(new Rejection('timestamp_too_old', 'timestamp').message).toMatch(/more than {2}days/);
  });

  it('keeps its cause, and tells a detail', () => {
    const cause = new Error('x');
    const rejection = new Rejection('timestamp_too_old', 'timestamp', { detail: '30', cause });
    expect(rejection.message).toMatch(/^timestamp is more than 30 days old/);
    expect(rejection.cause).toBe(cause);
  });
});
