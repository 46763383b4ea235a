import { type Stack, startStack } from '../../offline/stack.ts';
import { freshAddress } from '../dynamodb-local/fresh-address.ts';
import { findFreePort } from '../free-port.ts';
import { leaksIn, readTables } from './canary.ts';

/** A local stack on free ports, with the output of its functions. */
export interface FreshStack extends Stack {
  lambdaPort: number;
  /** The lines that the functions have printed so far. */
  lines: string[];
}

/**
 * Starts a local stack; the caller stops it. It prints metrics, too.
 *
 * When it is stopped, everything that it has printed and stored is searched for the canary.
 */
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
    env: { METRICS_NAMESPACE: 'NatDestination/test' },
    onLine: (line) => lines.push(line),
  });
  const stop = async () => {
    const stored = await readTables(stack.dynamodb);
    await stack.stop();
    const leaks = leaksIn(lines, stored);
    if (leaks.length > 0) throw new Error(`an address or a key was written:\n${leaks.join('\n')}`);
  };
  return { ...stack, lambdaPort, lines, stop };
}
