/** The operator must change the input. The message names the field and says what to do. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}
