import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { expect, it } from 'vitest';
import { createRecovery, type RecoveryResult } from '../../lib/delivery/recovery.ts';
import { createLedger } from '../../lib/ledger/ledger.ts';
import { createRepairs } from '../../lib/ledger/repairs.ts';
import { createStreamReader } from '../../lib/ledger/stream.ts';
import { MINUTE_MS } from '../../lib/runtime/durations.ts';
import { TABLES } from '../../offline/database.ts';
import { connectDynamoDBLocal } from '../../offline/dynamodb-local.ts';
import { readStreamTrigger } from '../../offline/serverless-config.ts';
import { createStreamPlayer } from '../../offline/stream-player.ts';
import { startUndeliveredQueue } from '../../offline/undelivered-queue.ts';
import { messagesWith } from '../in-process/lambda.ts';
import { freshAddress } from './fresh-address.ts';

const address = freshAddress();
const day = '2020-05-31';
const event = { email: 'peter@example.com', timestamp: `${day}T12:00:00Z`, description: 'x' };

it.skipIf(address === undefined)(
  'reads again what a real stream gave up, and makes all of it due without a sweep',
  async () => {
    if (address === undefined) return;
    const db = new DynamoDBClient(address);
    const streams = new DynamoDBStreamsClient(address);
    const results: RecoveryResult[] = [];
    const recovery = createRecovery({
      repairs: createRepairs(db, TABLES.Interactions),
      readStream: createStreamReader(streams),
      send: () => Promise.reject(new Error('a sweep was started')),
    });
    const queue = await startUndeliveredQueue(async (received) => {
      const { Records } = { ...messagesWith(), ...received };
      for (const { body } of Records) results.push(await recovery.recover(body, () => MINUTE_MS));
    });
    const trigger = { ...(await readStreamTrigger()), maximumRecordAgeInSeconds: 0 };
    const player = createStreamPlayer(
      trigger,
      () => Promise.reject(new Error('no read works')),
      queue.addGivenUp,
    );
    const database = await connectDynamoDBLocal(address, player.add, () => {});
    try {
      const ledger = createLedger(db, TABLES.Interactions);
      const keys = Array.from({ length: 40 }, (_, number) => ({ contact: `acme#${number}`, day }));
      for (const key of keys) await ledger.accept(key, event, Date.now());
      const statuses = async () => {
        const entries = await Promise.all(keys.map((key) => ledger.read(key)));
        return [...new Set(entries.map((entry) => entry?.status))];
      };
      await expect.poll(statuses).toEqual(['retrying']);
      expect(results.reduce((sum, { recovered }) => sum + recovered, 0)).toBe(40);
      expect(results.filter(({ sweep }) => sweep !== undefined)).toEqual([]);
    } finally {
      await player.stop();
      await database.stop();
      await queue.stop();
      streams.destroy();
      db.destroy();
    }
  },
);
