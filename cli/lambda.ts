import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import * as v from 'valibot';
import { LOCAL_AWS } from './local-stack.ts';

/** Creates a client for the Lambda service that serverless-offline imitates on this port. */
export function lambdaClient(port: number): LambdaClient {
  return new LambdaClient({ endpoint: `http://127.0.0.1:${port}`, maxAttempts: 1, ...LOCAL_AWS });
}

/** A Lambda function threw an error: its name and its message. */
export class FunctionError extends Error {
  override readonly name = 'FunctionError';
  readonly type: string;

  constructor({ errorType, errorMessage }: v.InferOutput<typeof failureSchema>) {
    super(errorMessage);
    this.type = errorType;
  }
}

const failureSchema = v.object({
  errorType: v.optional(v.string(), 'Error'),
  errorMessage: v.optional(v.string(), 'the function failed'),
});

/**
 * Invokes a Lambda function.
 *
 * @param name the function's full name
 * @returns what the function returned
 * @throws {FunctionError} if the function failed
 */
export async function invoke(
  lambda: LambdaClient,
  name: string,
  payload: unknown,
): Promise<unknown> {
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(payload) }),
  );
  const text = answer.Payload?.transformToString() ?? '';
  const result: unknown = text === '' ? undefined : JSON.parse(text);
  if (answer.FunctionError !== undefined)
    throw new FunctionError(v.parse(failureSchema, result ?? {}));
  return result;
}
