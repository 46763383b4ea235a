/**
 * An error in the words of this service. Its message says what is wrong and never holds a value of
 * an event, so it may be logged and shown to the operator. The message of any other error may not.
 */
export class OwnError extends Error {
  override readonly name: string = 'OwnError';
}
