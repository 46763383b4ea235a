import { OwnError } from '../runtime/own-error.ts';

/** The operator must change the input. The message names the field and says what to do. */
export class OperatorError extends OwnError {
  override readonly name = 'OperatorError';
}
