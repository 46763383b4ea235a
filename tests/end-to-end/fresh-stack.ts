import getPort from 'get-port';
import { type Stack, startStack } from '../../offline/stack.ts';
import { freshAddress } from '../dynamodb-local/fresh-address.ts';

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
  const stack = await startStack({
    apiPort,
    natPort,
    lambdaPort,
    dynamodb: freshAddress(),
    onLine: (line) => lines.push(line),
  });
  return { ...stack, lambdaPort, lines };
}
