/** Why something the sender sent was not taken: a short code, counted in the metrics. */
export type RefusalReason =
  | 'body'
  | 'content_type'
  | 'disabled'
  | 'email'
  | 'key'
  | 'other_call'
  | 'size'
  | 'shape'
  | 'timestamp';

/**
 * What a sender has to change. Its message is shown to the sender as it is, so it names the field
 * and what was expected, and never holds a value that was sent. Any other error is a fault of ours.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** HTTP status that says it to a single call. */
  readonly status: 400 | 401 | 403 | 413 | 415 | 501;
  readonly reason: RefusalReason;

  constructor(status: Refusal['status'], reason: RefusalReason, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}
