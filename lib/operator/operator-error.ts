/** What an operator has to change; its message names the field. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}
