/** The HTTP status of a single call, and the sentence that may name a field and a detail. */
interface RejectionEntry {
  status: 400 | 401 | 403 | 413 | 415 | 501;
  message: (field: string, detail: string) => string;
}

/**
 * Everything that a sender may have to change, by its stable code: the HTTP status that a single
 * call gets, and the sentence that tells the sender what is wrong. A sentence may name the field that
 * is wrong, and a detail. Each code has its remedy in `docs/troubleshooting.md` and
 * its count in the metric `rejected_CODE`.
 */
const TABLE = {
  api_key_missing: {
    status: 401,
    message: () =>
      'The API key is missing: send the header Authorization, either Basic with the key as user name or Bearer with the key.',
  },
  api_key_unknown: { status: 401, message: () => 'Unknown or revoked API key.' },
  signature_missing: {
    status: 401,
    message: () =>
      'The header X-Signature is missing: this workspace accepts signed requests only.',
  },
  signature_wrong: {
    status: 401,
    message: () =>
      'X-Signature is not the hex HMAC-SHA1 of the body under the shared secret of this workspace.',
  },
  workspace_disabled: { status: 403, message: () => 'This workspace is disabled.' },
  content_type_unsupported: {
    status: 415,
    message: () => 'The header content-type must be application/json.',
  },
  content_encoding_unsupported: {
    status: 415,
    message: () => 'The header content-encoding must be gzip, or absent.',
  },
  body_too_large: { status: 413, message: () => 'The body is larger than 5 MB when unpacked.' },
  too_many_events: { status: 413, message: () => 'The batch has more than 4,000 events.' },
  too_many_brackets: {
    status: 413,
    message: () => 'The body has more than 500,000 opening brackets: [ and {.',
  },
  event_too_large: { status: 413, message: () => 'The event is larger than 32 KB.' },
  gzip_invalid: {
    status: 400,
    message: () => 'The body is not valid gzip, although content-encoding says so.',
  },
  utf8_invalid: { status: 400, message: () => 'The body is not valid UTF-8.' },
  json_invalid: { status: 400, message: () => 'The body is not valid JSON.' },
  dry_run_invalid: { status: 400, message: () => 'dryRun must be true or false.' },
  batch_not_array: { status: 400, message: () => 'batch must be an array of events.' },
  event_not_object: { status: 400, message: () => 'An event must be a JSON object.' },
  nesting_too_deep: {
    status: 400,
    message: () => 'The event has more than 100 levels of nesting.',
  },
  field_repeated: {
    status: 400,
    message: (field) => `${field} appears more than once: field names are case-insensitive.`,
  },
  field_not_string: { status: 400, message: (field) => `${field} must be a string.` },
  field_not_object: { status: 400, message: (field) => `${field} must be an object.` },
  text_malformed: {
    status: 400,
    message: (field) => `${field} contains half of a Unicode surrogate pair.`,
  },
  type_missing: { status: 400, message: () => 'type is missing: it must be identify.' },
  type_not_identify: {
    status: 501,
    message: () => 'type must be identify: Nat only accepts identify calls.',
  },
  deletions_off: {
    status: 501,
    message: () =>
      'Deletions are off for this workspace, so nothing was deleted: the setting deletions must be on.',
  },
  user_id_missing: {
    status: 400,
    message: () => 'userId is missing: it says whose interactions are to be deleted.',
  },
  user_id_invalid: { status: 400, message: () => 'userId must be a string or a number.' },
  email_missing: {
    status: 400,
    message: () => 'email is missing: send it in traits.email or at the top level.',
  },
  email_invalid: {
    status: 400,
    message: (field) => `${field} must be one email address such as name@example.com.`,
  },
  email_too_long: {
    status: 400,
    message: (field) => `${field} is longer than 254 characters.`,
  },
  timestamp_missing: {
    status: 400,
    message: () =>
      'timestamp is missing: send an ISO 8601 date and time such as 2020-05-31T17:55:47.263Z.',
  },
  timestamp_invalid: {
    status: 400,
    message: (field) =>
      `${field} must be an ISO 8601 date and time with Z or an offset, such as 2020-05-31T17:55:47.263Z.`,
  },
  timestamp_in_future: {
    status: 400,
    message: (field) => `${field} is more than 24 hours in the future.`,
  },
  timestamp_too_old: {
    status: 400,
    message: (field, days) =>
      `${field} is more than ${days} days old, and older events are not accepted.`,
  },
  custom_format_failed: {
    status: 400,
    message: () => 'The custom format of this workspace cannot read the types in this event.',
  },
} satisfies Record<string, RejectionEntry>;

/** Names a rejection for machines: senders, metrics and logs. It never changes its meaning. */
export type RejectionCode = keyof typeof TABLE;

/** All rejections by their code. */
export const REJECTIONS: Record<RejectionCode, RejectionEntry> = TABLE;

/**
 * What a sender has to change. The sender sees its message as it is, so a message never holds a
 * value that was sent. Any other error is a fault of ours.
 */
export class Rejection extends Error {
  override readonly name = 'Rejection';
  readonly code: RejectionCode;
  /** The field that is wrong, such as `traits.email`; empty if no field is. */
  readonly field: string;

  /**
   * @param code why the event or the request is rejected
   * @param field the field that is wrong, where the message names one
   * @param options the detail that the message names, and the error that was caught
   */
  constructor(
    code: RejectionCode,
    field = '',
    { detail = '', ...options }: ErrorOptions & { detail?: string } = {},
  ) {
    super(REJECTIONS[code].message(field, detail), options);
    this.code = code;
    this.field = field;
  }

  /** The HTTP status of a single call that is rejected. */
  get status() {
    return REJECTIONS[this.code].status;
  }
}
