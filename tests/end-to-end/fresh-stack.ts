import { randomUUID } from 'node:crypto';
import getPort from 'get-port';
import { dynamodbIn, type Stack, startStack } from '../../offline/stack.ts';

/** A stack on free ports, with what its functions print. */
export interface FreshStack extends Stack {
  lambdaPort: number;
  /** Every line so far that the functions printed. */
  lines: string[];
}

/** Starts a stack of its own; whoever starts it stops it. */
export async function startFreshStack(): Promise<FreshStack> {
  const [apiPort, natPort, lambdaPort] = [await getPort(), await getPort(), await getPort()];
  const lines: string[] = [];
  const dynamodb = dynamodbIn(process.env);
  // DynamoDB Local keeps a database per key id, so every stack gets one of its own.
  const credentials = { accessKeyId: randomUUID().replaceAll('-', ''), secretAccessKey: 'local' };
  const stack = await startStack({
    apiPort,
    natPort,
    lambdaPort,
    dynamodb: dynamodb && { ...dynamodb, credentials },
    onLine: (line) => lines.push(line),
  });
  return { ...stack, lambdaPort, lines };
}
