import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import pMap from 'p-map';
import { delivery } from '../lib/delivery.ts';
import { RETRY_SHARDS } from '../lib/ledger.ts';
import { services } from '../lib/services.ts';
import { logger, metrics, reportDelivery } from '../lib/telemetry.ts';

/** What one run takes of a shard: a minute later there is another run. */
const PER_SHARD = 100;
/** Tries under way at once in a shard. */
const CONCURRENT_TRIES = 10;

/** Every minute: tries again what is due. */
export const handler = middy<unknown, void>()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .handler(async () => {
    const shards = Array.from({ length: RETRY_SHARDS }, (_, shard) => redeliverShard(shard));
    await Promise.all(shards);
  });

async function redeliverShard(shard: number): Promise<void> {
  const due = await services().ledger.findDue(shard, Date.now(), PER_SHARD);
  await pMap(due, async (entry) => reportDelivery(entry, await delivery().redeliver(entry)), {
    concurrency: CONCURRENT_TRIES,
  });
}
