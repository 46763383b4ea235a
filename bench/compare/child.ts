/**
 * Runs a bundled function in a process of its own and tells what that cost. Its job comes as JSON in
 * the first argument. Only built-in modules are loaded besides the bundle.
 */
import { createRequire } from 'node:module';

/** Some invocations of a function. */
export interface Work {
  /** `single`: one event a call. `batch`: several events a call. `none`: the program has no event. */
  kind: 'single' | 'batch' | 'none';
  /** How many calls. */
  calls: number;
  /** The number of the first contact. Calls go on from there. */
  from: number;
  /** How many events a batch has. */
  batchSize?: number;
}

/** What a process does: the import of a bundle, then its work. */
export interface Job {
  bundle: string;
  apiKey: string;
  /** The domain of the contacts, so that jobs do not share them. */
  domain: string;
  work: Work[];
}

/** CPU time of the process and time on the clock, ms. */
export interface Cost {
  cpuMs: number;
  wallMs: number;
}

/** What the process used of the memory, bytes. */
export interface MemoryUse {
  /** The heap, when what is not needed was collected. */
  heap: number;
  /** The most that the process ever had. */
  peak: number;
}

/** What a job cost. */
export interface JobResult {
  import: Cost;
  /** From the start of the import to the answer of the first call of the first work. */
  first: Cost;
  /** Of each work, in order. */
  work: Cost[];
  /** After the import, and after each work. */
  memory: MemoryUse[];
}

const KIB = 1024;
const job: Job = JSON.parse(process.argv[2] ?? '{}');
const start = now();
const { handler } = createRequire(process.argv[1] ?? '')(job.bundle);
const imported = since(start);
void doWork().then((result) => process.send?.(result, () => process.exit()));

async function doWork(): Promise<JobResult> {
  const result: JobResult = { import: imported, first: imported, work: [], memory: [memoryUse()] };
  for (const work of job.work) {
    const before = now();
    for (let call = 0; call < work.calls; call += 1) {
      await invoke(work, call);
      if (result.work.length === 0 && call === 0) result.first = since(start);
    }
    result.work.push(since(before));
    result.memory.push(memoryUse());
  }
  return result;
}

async function invoke({ kind, from, batchSize = 1 }: Work, call: number): Promise<void> {
  const first = from + call * batchSize;
  const events = Array.from({ length: batchSize }, (_, n) => ({
    type: 'identify',
    timestamp: '2026-11-02T10:20:30.456Z',
    traits: { email: `contact-${first + n}@${job.domain}` },
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
    {
      functionName: 'nat-destination-prod-identify',
      awsRequestId: '6f0e5c1c-55d4-4f5c-9f2e-0f8a4a4f3f5d',
      invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:bench',
      memoryLimitInMB: '1769',
      getRemainingTimeInMillis: () => 28_000,
    },
  );
  const status: unknown = response?.statusCode;
  if (kind !== 'none' && status !== 200) throw new Error(`answered ${status}: ${response?.body}`);
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

/** Collects first, if the process was started with `--expose-gc`. */
function memoryUse(): MemoryUse {
  globalThis.gc?.();
  return { heap: process.memoryUsage().heapUsed, peak: process.resourceUsage().maxRSS * KIB };
}
