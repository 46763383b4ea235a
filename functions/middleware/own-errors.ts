import type { MiddlewareObj } from '@middy/core';
import { toOwnError } from '../../lib/runtime/describe-error.ts';
import { logger } from '../telemetry.ts';

/**
 * For functions that fail by throwing. Logs an error that is not ours, and throws one that is in its
 * place: Lambda logs what a function throws, and shows it to who invoked the function.
 */
export function ownErrors(): MiddlewareObj {
  return {
    onError: (request) => {
      const { error } = request;
      request.error = toOwnError(error);
      if (request.error !== error) logger.error('failed', { error });
    },
  };
}
