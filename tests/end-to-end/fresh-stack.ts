import { type Stack, startStack } from '../../offline/stack.ts';
import { freshAddress } from '../dynamodb-local/fresh-address.ts';
import { findFreePort } from '../free-port.ts';

/** A local stack on free ports, with the output of its functions. */
export interface FreshStack extends Stack {
  lambdaPort: number;
  /** The lines that the functions have printed so far. */
  lines: string[];
}

/** Starts a local stack; the caller stops it. */
export async function startFreshStack(): Promise<FreshStack> {
  const [apiPort, natPort, lambdaPort] = [
    await findFreePort(),
    await findFreePort(),
    await findFreePort(),
  ];
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
