/**
 * Runs a bundled function in a process of its own and tells what that cost. Its job comes as the first
 * message. Only built-in modules are loaded besides the bundle.
 */
import { once } from 'node:events';
import { createRequire } from 'node:module';

/** Some invocations of a function. */
export interface Work {
  /**
   * `single`: one event a call. `batch`: several events a call. `records`: several records of the
   * stream a call. `none`: the program has no event.
   */
  kind: 'single' | 'batch' | 'records' | 'none';
  /** How many calls. */
  calls: number;
  /** How many events or records are in a batch; 1,000 if undefined. */
  perBatch?: number;
  /** The number of the first contact. Calls go on from there. */
  from: number;
  /** How many contacts take turns; as many as there are events if undefined. */
  contacts?: number;
}

/** The key of an interaction in the ledger. */
export interface InteractionKey {
  contact: string;
  day: string;
}

/** What a process measures: the import of a bundle, its first call, and more work. */
export interface Job {
  bundle: string;
  apiKey: string;
  /** The domain of the contacts, so that jobs do not share them. */
  domain: string;
  /** Memory of the function, MB: the heap gets the limits that Lambda sets for it. */
  memoryMb?: number;
  /** The interactions of the records of the stream. */
  keys?: InteractionKey[];
  first?: Work;
  warmUp?: Work;
  measured?: Work;
}

/** CPU time of the process and time on the clock, ms. */
export interface Cost {
  cpuMs: number;
  wallMs: number;
}

/** What a job cost. */
export interface JobResult {
  import: Cost;
  /** From the import to the answer of the first call. */
  first?: Cost;
  measured?: Cost;
  /** Bytes of the heap after the work, when what is not needed was collected. */
  heapBytes: number;
  /** The most memory that the process used, bytes. */
  peakBytes: number;
}

const BATCH = 1000;
const SAMPLE_MS = 20;
const CONTEXT = {
  functionName: 'bench',
  awsRequestId: '6f0e5c1c-55d4-4f5c-9f2e-0f8a4a4f3f5d',
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:bench',
  memoryLimitInMB: '1769',
  getRemainingTimeInMillis: () => 60_000,
};

const [job] = (await once(process, 'message')) as [Job];
const result: Partial<JobResult> = {};
/** Bytes. The figure of the operating system is no use: it begins with that of the parent. */
let peakBytes = 0;
const sample = () => {
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
};
setInterval(sample, SAMPLE_MS).unref();
const start = now();
const { handler } = createRequire(import.meta.url)(job.bundle);
result.import = since(start);
if (job.first !== undefined) {
  await work(job.first);
  result.first = since(start);
}
if (job.warmUp !== undefined) await work(job.warmUp);
if (job.measured !== undefined) {
  const before = now();
  await work(job.measured);
  result.measured = since(before);
}
sample();
await collectGarbage();
result.heapBytes = process.memoryUsage().heapUsed;
result.peakBytes = peakBytes;
process.send?.(result, () => process.exit());

async function work(todo: Work) {
  const { kind, calls, from, perBatch = BATCH, contacts = Number.POSITIVE_INFINITY } = todo;
  const perCall = kind === 'batch' || kind === 'records' ? perBatch : 1;
  for (let call = 0; call < calls; call += 1) {
    if (kind === 'records') {
      const start = from + call * perCall;
      await deliver((job.keys ?? []).slice(start, start + perCall));
      continue;
    }
    const numbers = Array.from(
      { length: perCall },
      (_, n) => from + ((call * perCall + n) % contacts),
    );
    await invoke(kind, numbers);
  }
}

async function deliver(keys: InteractionKey[]): Promise<void> {
  const Records = keys.map(({ contact, day }, n) => ({
    eventID: String(n),
    eventName: 'INSERT',
    eventSource: 'aws:dynamodb',
    dynamodb: {
      Keys: { contact: { S: contact }, day: { S: day } },
      SequenceNumber: String(n + 1),
      StreamViewType: 'NEW_IMAGE',
    },
  }));
  const { batchItemFailures } = await handler({ Records }, CONTEXT);
  if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} records failed`);
}

async function invoke(kind: Work['kind'], contacts: number[]): Promise<void> {
  const events = contacts.map((n) => ({
    type: 'identify',
    timestamp: new Date().toISOString(),
    traits: { email: `contact-${n}@${job.domain}` },
    page: { url: 'https://example.com/welcome' },
    context: { library: { name: 'analytics.js', version: '2.11.1' } },
  }));
  const path = kind === 'batch' ? '/v1/batch' : '/v1/identify';
  const response = await handler(
    {
      version: '2.0',
      routeKey: '$default',
      rawPath: path,
      rawQueryString: '',
      headers: {
        authorization: `Bearer ${job.apiKey}`,
        'content-type': 'application/json',
        'user-agent': 'analytics-node/3.1.0',
      },
      requestContext: { http: { method: 'POST', path }, requestId: 'bench' },
      body: JSON.stringify(kind === 'batch' ? { batch: events } : events[0]),
      isBase64Encoded: false,
    },
    CONTEXT,
  );
  const status: unknown = response?.statusCode;
  if (kind !== 'none' && status !== 200) throw new Error(`answered ${status}: ${response?.body}`);
}

/**
 * With the option `--expose-gc`, Node would compile its own modules, which it has ready otherwise. These
 * two are loaded after the measurement, because they load others.
 */
async function collectGarbage(): Promise<void> {
  const [{ setFlagsFromString }, { runInNewContext }] = await Promise.all([
    import('node:v8'),
    import('node:vm'),
  ]);
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

interface Moment {
  cpu: NodeJS.CpuUsage;
  wall: number;
}

function now(): Moment {
  return { cpu: process.cpuUsage(), wall: performance.now() };
}

function since({ cpu, wall }: Moment): Cost {
  const { user, system } = process.cpuUsage(cpu);
  return { cpuMs: (user + system) / 1000, wallMs: performance.now() - wall };
}
