import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { LOCAL_AWS } from './local-stack.ts';

/** Creates a client for the Lambda service that serverless-offline imitates on this port. */
export function lambdaClient(port: number): LambdaClient {
  return new LambdaClient({ endpoint: `http://127.0.0.1:${port}`, maxAttempts: 1, ...LOCAL_AWS });
}

/**
 * Invokes a Lambda function.
 *
 * @param name the function's full name
 * @returns what the function returned
 * @throws {Error} with the message of the function if it failed
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
  if (answer.FunctionError !== undefined) throw new Error(findErrorMessage(result));
  return result;
}

function findErrorMessage(result: unknown): string {
  const known = typeof result === 'object' && result !== null && 'errorMessage' in result;
  return known ? String(result.errorMessage) : 'the function failed';
}
