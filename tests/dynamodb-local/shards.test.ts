import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import * as v from 'valibot';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LOCAL_AWS } from '../../cli/local-stack.ts';
import { createShardReader } from '../../offline/shards.ts';

const PAGE = 2;

/** A shard of a fake stream: DynamoDB Local needs hours until a shard splits. */
interface FakeShard {
  parent?: string;
  closed: boolean;
  records: string[];
}

const requestSchema = v.object({
  ExclusiveStartShardId: v.optional(v.string()),
  ShardId: v.optional(v.string()),
  ShardIteratorType: v.optional(v.string()),
  ShardIterator: v.optional(v.string()),
  SequenceNumber: v.optional(v.string()),
});

let shards: Map<string, FakeShard>;
/** Counts up when iterators expire: those of an earlier generation are refused. */
let generation: number;
let server: Server;
let client: DynamoDBStreamsClient;
let read: string[];

beforeEach(async () => {
  shards = new Map([['a', { closed: false, records: ['a1', 'a2', 'a3'] }]]);
  generation = 0;
  read = [];
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const input = v.parse(requestSchema, JSON.parse(Buffer.concat(chunks).toString()));
    const body = answer(operation, input);
    response.statusCode = '__type' in body ? 400 : 200;
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    response.end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  client = new DynamoDBStreamsClient({ ...LOCAL_AWS, endpoint: `http://127.0.0.1:${port}` });
});

afterEach(() => {
  client.destroy();
  server.close();
});

function answer(operation: string, input: v.InferOutput<typeof requestSchema>): object {
  if (operation === 'DescribeStream') return describe(input.ExclusiveStartShardId);
  if (operation === 'GetShardIterator') {
    const { records = [] } = shards.get(input.ShardId ?? '') ?? {};
    const at = {
      LATEST: records.length,
      TRIM_HORIZON: 0,
      AFTER_SEQUENCE_NUMBER: records.indexOf(input.SequenceNumber ?? '') + 1,
    }[input.ShardIteratorType ?? ''];
    return { ShardIterator: `${generation} ${input.ShardId} ${at}` };
  }
  const [created, id = '', from] = (input.ShardIterator ?? '').split(' ');
  if (Number(created) < generation) return { __type: 'ExpiredIteratorException' };
  const { records, closed } = shards.get(id) ?? { records: [], closed: true };
  const page = records.slice(Number(from), Number(from) + PAGE);
  const to = Number(from) + page.length;
  return {
    Records: page.map((SequenceNumber) => ({ dynamodb: { SequenceNumber } })),
    ...(!(closed && to === records.length) && { NextShardIterator: `${generation} ${id} ${to}` }),
  };
}

/** One shard per page, the newest first: AWS promises no order. */
function describe(after: string | undefined): object {
  const ids = [...shards.keys()].reverse();
  const at = after === undefined ? 0 : ids.indexOf(after) + 1;
  const ShardId = ids[at] ?? '';
  return {
    StreamDescription: {
      Shards: [{ ShardId, ParentShardId: shards.get(ShardId)?.parent }],
      ...(at < ids.length - 1 && { LastEvaluatedShardId: ShardId }),
    },
  };
}

async function reader() {
  return createShardReader(client, 'arn', ({ dynamodb }) => {
    read.push(dynamodb?.SequenceNumber ?? '');
  });
}

function write(id: string, ...records: string[]): void {
  shards.get(id)?.records.push(...records);
}

it('reads the records that are written after it starts', async () => {
  const { readRound } = await reader();
  await readRound();
  write('a', 'a4', 'a5', 'a6');
  await readRound();
  await readRound();
  expect(read).toEqual(['a4', 'a5', 'a6']);
});

it('reads a shard that split to its end, then its two children from their start', async () => {
  const { readRound } = await reader();
  write('a', 'a4', 'a5', 'a6');
  shards.set('a', { closed: true, records: shards.get('a')?.records ?? [] });
  shards.set('b', { parent: 'a', closed: false, records: ['b1'] });
  shards.set('c', { parent: 'a', closed: false, records: ['c1'] });
  for (let round = 0; round < 4; round += 1) await readRound();
  expect(read.slice(0, 3)).toEqual(['a4', 'a5', 'a6']);
  expect(read.slice(3).sort()).toEqual(['b1', 'c1']);
});

it('reads a shard whose parent is gone from the stream', async () => {
  const { readRound } = await reader();
  shards.delete('a');
  shards.set('b', { parent: 'a', closed: false, records: ['b1'] });
  await readRound();
  expect(read).toEqual(['b1']);
});

it('continues after the last record when its iterator expires', async () => {
  const { readRound } = await reader();
  write('a', 'a4');
  await readRound();
  generation += 1;
  write('a', 'a5');
  await readRound();
  await readRound();
  expect(read).toEqual(['a4', 'a5']);
});

it('misses no record when its iterator expires before the first one', async () => {
  const { readRound } = await reader();
  generation += 1;
  write('a', 'a4');
  for (let round = 0; round < 3; round += 1) await readRound();
  expect(read).toContain('a4');
});
