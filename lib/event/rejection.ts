/**
 * Everything that a sender may be told to change, by reason: the HTTP status that says so to a
 * single call, and what was expected. `{}` stands for a detail. Each has its remedy in
 * `docs/troubleshooting.md`, and its count in the metric `rejected_REASON`.
 */
export const REJECTIONS = {
  authorization: {
    status: 401,
    expected: 'Basic with the API key as user name, or Bearer with the API key',
  },
  api_key: { status: 401, expected: 'an API key that is known and not revoked' },
  signature: { status: 401, expected: 'the hex HMAC-SHA1 of the body under the shared secret' },
  disabled: { status: 403, expected: 'the API key of a workspace that is not disabled' },
  content_type: { status: 415, expected: 'application/json' },
  content_encoding: { status: 415, expected: 'gzip or none' },
  body_size: { status: 413, expected: 'at most 5 MB, unpacked' },
  batch_size: { status: 413, expected: 'at most 4,000 events' },
  event_size: { status: 413, expected: 'at most 32 KB' },
  gzip: { status: 400, expected: 'gzip, as content-encoding says' },
  utf8: { status: 400, expected: 'UTF-8 text' },
  json: { status: 400, expected: 'JSON' },
  nesting: { status: 400, expected: 'at most 100 levels of nesting' },
  prototype: { status: 400, expected: 'no field named __proto__ or constructor' },
  repeated: { status: 400, expected: 'each field once, in one casing' },
  type: { status: 400, expected: '{}' },
  unicode: { status: 400, expected: 'well-formed Unicode' },
  other_call: { status: 501, expected: 'identify, because Nat only accepts identify calls' },
  email_missing: { status: 400, expected: 'an email, in traits.email or at the top level' },
  email: { status: 400, expected: 'one email address such as name@example.com' },
  email_length: { status: 400, expected: 'at most 254 characters' },
  timestamp: {
    status: 400,
    expected: 'an ISO 8601 date and time with an offset or Z, such as 2020-05-31T17:55:47.263Z',
  },
  future: { status: 400, expected: 'at most 24 hours in the future' },
  retention: { status: 400, expected: 'one of the last {} days, which are kept' },
  custom_format: {
    status: 400,
    expected: 'types that the custom format of the workspace can read',
  },
} as const;

/** Why something the sender sent was not taken: counted in the metrics. */
export type RejectionCode = keyof typeof REJECTIONS;

/**
 * What a sender has to change. Its message is shown to the sender as it is, so it names the field,
 * what was expected, and what was seen by type or length, and never holds a value that was sent.
 * Any other error is a fault of ours.
 */
export class Rejection extends Error {
  override readonly name = 'Rejection';
  readonly code: RejectionCode;

  /**
   * @param field what is wrong, such as `traits.email`
   * @param got what was seen there: its type or its length, as `seen` says it
   * @param options what stands for `{}` in what was expected, and what was caught
   */
  constructor(
    reason: RejectionCode,
    field: string,
    got: string,
    { detail = '', ...options }: { detail?: string; cause?: unknown } = {},
  ) {
    const expected = REJECTIONS[reason].expected.replace('{}', detail);
    super(`${field}: expected ${expected}, got ${got}`, options);
    this.code = reason;
  }

  /** HTTP status that says it to a single call. */
  get status() {
    return REJECTIONS[this.code].status;
  }
}

/** Says what was sent without saying it: `a string of length 5`, `an array`, `nothing`. */
export function seen(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') return `a string of length ${value.length}`;
  return withArticle(Array.isArray(value) ? 'array' : typeof value);
}

/** `a string`, `an object`. */
export function withArticle(noun: string): string {
  return /^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`;
}
