import { count, formatMoment } from './formats.js';

/**
 * Describes how far the service is with an interaction, in a sentence.
 *
 * @param delivery status, attempts, lastError, dueAt and settledAt, as the ledger has them
 */
export function describeDelivery({ status, attempts, lastError, dueAt, settledAt }) {
  const tried = attempts > 0 ? ` after ${count(attempts, 'attempt')}` : '';
  if (status === 'delivered') return `Delivered at ${formatMoment(settledAt)}${tried}.`;
  if (status === 'pending') return 'Waits for the answer to its first attempt.';
  const why = lastError ? ` ${describeError(lastError)}${tried}.` : '';
  if (status === 'dead') return `It is not sent again.${why}`;
  return `Waits until ${formatMoment(dueAt)}.${why}`;
}

function describeError(error) {
  if (error === 'put off') return 'Put off, because this workspace keeps failing';
  return `Last error: ${error}`;
}

/** The word for a status of the ledger. */
export function deliveryWord(status) {
  return status === 'pending' || status === 'retrying' ? 'waiting' : status;
}
