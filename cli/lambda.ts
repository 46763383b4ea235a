import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { LOCAL_AWS } from './local-stack.ts';

/** A client for serverless-offline's stand-in of the Lambda service. */
export function lambdaClient(port: number): LambdaClient {
  return new LambdaClient({ endpoint: `http://127.0.0.1:${port}`, maxAttempts: 1, ...LOCAL_AWS });
}

/**
 * Invokes a Lambda function and waits for its answer.
 *
 * @param name the function's full name
 * @throws {Error} with the function's own message if it failed
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
  if (answer.FunctionError !== undefined) throw new Error(messageIn(result));
  return result;
}

function messageIn(result: unknown): string {
  const known = typeof result === 'object' && result !== null && 'errorMessage' in result;
  return known ? String(result.errorMessage) : 'the function failed';
}
