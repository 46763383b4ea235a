import Table from 'cli-table3';
import { simulateRetryIndex } from './limits/retry-index.ts';
import { simulateShard } from './limits/stream.ts';

const HELP = `npm run bench:limits

Simulates two limits of a very large deployment, and prints what they allow:
the stream of the ledger while Nat is slow, and the index of retries while Nat is down.
It takes about a minute.
`;
const LATENCIES_MS = [50, 200, 1000, 2000, 2500, 4000];
const CUSTOMERS = [1, 100];
const RATES = [1000, 3000, 3900, 4100, 6000, 9000];

if (process.argv.length > 2) process.stdout.write(HELP);
else await printLimits();

async function printLimits(): Promise<void> {
  const stream = new Table({
    head: ['Nat, median ms', 'customers', 'delivered/s', 'put off/s'],
    style: { head: [] },
  });
  for (const natMs of LATENCIES_MS) {
    for (const customers of CUSTOMERS) {
      const { deliveredPerSecond, putOffPerSecond } = await simulateShard(natMs, customers);
      stream.push([natMs, customers, deliveredPerSecond.toFixed(1), putOffPerSecond.toFixed(1)]);
    }
  }
  process.stdout.write(`One shard of the stream, always full\n${stream}\n\n`);

  const index = new Table({
    head: ['new retries/s', 'written/s', 'waiting after 5 minutes'],
    style: { head: [] },
  });
  for (const rate of RATES) {
    const { takenPerSecond, waiting } = simulateRetryIndex(rate);
    index.push([rate, takenPerSecond.toFixed(0), waiting]);
  }
  process.stdout.write(`The index of retries while Nat is down\n${index}\n`);
}
