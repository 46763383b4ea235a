import type { TOOLCHAINS } from './toolchains.ts';

/** One SDK, the program that uses it, and what is expected of both. */
export interface Sdk {
  name: string;
  language: keyof typeof TOOLCHAINS;
  package: string;
  version: string;
  /** A file in `programs`. It is the snippet of `docs/senders.md`. */
  program: string;
  /** Further lines of Rust's `[dependencies]`. */
  dependencies?: string[];
  /** The path that it posts to. */
  path: string;
  gzip: boolean;
  /** How many times it posts, if not once. */
  posts?: number;
  /** How many times it posts with a wrong key, and what the application is told. */
  wrongKey: { posts: number; told: string };
  /** How many times it posts if the first answer is a 503, and what the application is told. */
  unavailable: { posts: number; told?: string };
  /** How well it works, and what we cannot mend. It stands in the table of `docs/senders.md`. */
  notes: string;
}

/** The real SDKs that `npm run test:senders` runs, with their versions, sorted by language. */
export const SDKS: Sdk[] = [
  {
    name: 'Segment Go',
    language: 'Go',
    package: 'github.com/segmentio/analytics-go/v3',
    version: '3.3.0',
    program: 'segment.go',
    path: '/v1/batch',
    gzip: false,
    wrongKey: { posts: 10, told: '401 Unauthorized' },
    unavailable: { posts: 2 },
    notes:
      'Works. A batch with a wrong key is posted 10 times in 45 seconds. `Close` drops what has to be sent again.',
  },
  {
    name: 'RudderStack Go',
    language: 'Go',
    package: 'github.com/rudderlabs/analytics-go/v4',
    version: '4.2.0',
    program: 'rudderstack.go',
    path: '/v1/batch',
    gzip: true,
    wrongKey: { posts: 10, told: '401 Unauthorized' },
    unavailable: { posts: 2 },
    notes:
      'Works. A batch with a wrong key is posted 10 times in 50 seconds. `Close` drops what has to be sent again.',
  },
  {
    name: 'Segment Java',
    language: 'Java',
    package: 'com.segment.analytics.java:analytics',
    version: '3.5.4',
    program: 'Segment.java',
    path: '/v1/import/',
    gzip: false,
    wrongKey: { posts: 1, told: 'api_key_unknown' },
    unavailable: { posts: 2 },
    notes:
      'Works. It sends the key as `writeKey` in the body. After a 503 it waits for 15 seconds or more.',
  },
  {
    name: 'RudderStack Java',
    language: 'Java',
    package: 'com.rudderstack.sdk.java.analytics:analytics',
    version: '3.1.2',
    program: 'RudderStack.java',
    path: '/v1/batch',
    gzip: true,
    wrongKey: { posts: 1, told: 'api_key_unknown' },
    unavailable: { posts: 2 },
    notes: 'Works. After a 503 it waits for 15 seconds or more.',
  },
  {
    name: 'Segment Node',
    language: 'Node',
    package: '@segment/analytics-node',
    version: '3.1.0',
    program: 'segment.mjs',
    path: '/v1/batch',
    gzip: false,
    wrongKey: { posts: 1, told: '[401] Unauthorized' },
    unavailable: { posts: 2 },
    notes: 'Works. The error names the status, not the reason.',
  },
  {
    name: 'RudderStack Node',
    language: 'Node',
    package: '@rudderstack/rudder-sdk-node',
    version: '3.0.13',
    program: 'rudderstack.mjs',
    path: '/v1/batch',
    gzip: true,
    posts: 2,
    wrongKey: { posts: 2, told: 'status code 401' },
    unavailable: { posts: 3 },
    notes:
      'Works. Set `errorHandler`: without it, a wrong key ends the process. The first event is posted alone.',
  },
  {
    name: 'Customer.io Node',
    language: 'Node',
    package: '@customerio/cdp-analytics-node',
    version: '0.5.9',
    program: 'customerio.mjs',
    path: '/v1/batch',
    gzip: false,
    wrongKey: { posts: 4, told: '[401] Unauthorized' },
    unavailable: { posts: 2 },
    notes: 'Works. A batch with a wrong key is posted 4 times.',
  },
  {
    name: 'Segment PHP',
    language: 'PHP',
    package: 'segmentio/analytics-php',
    version: '3.8.2',
    program: 'segment.php',
    path: '/v1/batch',
    gzip: true,
    wrongKey: { posts: 1, told: 'api_key_unknown' },
    unavailable: { posts: 2, told: '503' },
    notes:
      'Works with the consumer `lib_curl`. The error handler is also called for a 503 that is sent again.',
  },
  {
    name: 'Segment Python',
    language: 'Python',
    package: 'segment-analytics-python',
    version: '2.4.0',
    program: 'segment-python.py',
    path: '/v1/batch',
    gzip: true,
    wrongKey: { posts: 1, told: 'api_key_unknown' },
    unavailable: { posts: 2 },
    notes: 'Works. 2.3 sends the key as `writeKey` in the body.',
  },
  {
    name: 'Segment Python',
    language: 'Python',
    package: 'segment-analytics-python',
    version: '2.3.5',
    program: 'segment-python.py',
    path: '/v1/batch',
    gzip: true,
    wrongKey: { posts: 1, told: 'api_key_unknown' },
    unavailable: { posts: 2 },
    notes: 'Works. 2.3 sends the key as `writeKey` in the body.',
  },
  {
    name: 'Segment Python',
    language: 'Python',
    package: 'segment-analytics-python',
    version: '2.2.3',
    program: 'segment-python.py',
    path: '/v1/batch',
    gzip: true,
    wrongKey: { posts: 1, told: 'api_key_unknown' },
    unavailable: { posts: 2 },
    notes: 'Works. 2.3 sends the key as `writeKey` in the body.',
  },
  {
    name: 'RudderStack Python',
    language: 'Python',
    package: 'rudder-sdk-python',
    version: '2.1.9',
    program: 'rudderstack-python.py',
    path: '/v1/batch',
    gzip: true,
    wrongKey: { posts: 1, told: 'api_key_unknown' },
    unavailable: { posts: 2 },
    notes: 'Works.',
  },
  {
    name: 'Customer.io Python',
    language: 'Python',
    package: 'customerio-cdp-analytics',
    version: '1.1.0',
    program: 'customerio-python.py',
    path: '/v1/batch',
    gzip: true,
    wrongKey: { posts: 1, told: 'api_key_unknown' },
    unavailable: { posts: 2 },
    notes: 'Works.',
  },
  {
    name: 'Segment Ruby',
    language: 'Ruby',
    package: 'analytics-ruby',
    version: '2.5.0',
    program: 'segment.rb',
    path: '/v1/import',
    gzip: false,
    wrongKey: { posts: 1, told: '401' },
    unavailable: { posts: 2 },
    notes: 'Works. `on_error` gets the status, and the log has the reason.',
  },
  {
    name: 'Segment Rust',
    language: 'Rust',
    package: 'segment',
    version: '0.2.6',
    program: 'segment.rs',
    dependencies: [
      'reqwest = { version = "0.12", default-features = false }',
      'serde_json = "1"',
      'tokio = { version = "1", features = ["macros", "rt"] }',
    ],
    path: '/v1/batch',
    gzip: false,
    wrongKey: { posts: 1, told: 'Status(401' },
    unavailable: { posts: 1, told: 'Status(503' },
    notes: 'Works in batches. It never sends again by itself: after a 503 the application has to.',
  },
  {
    name: 'RudderStack Rust',
    language: 'Rust',
    package: 'rudderanalytics',
    version: '2.0.1',
    program: 'rudderstack.rs',
    dependencies: ['serde_json = "1"'],
    path: '/v1/batch',
    gzip: false,
    wrongKey: { posts: 1, told: '401 Unauthorized' },
    unavailable: { posts: 2 },
    notes:
      'Works. `send` waits for the answer. A single call that is not an identify has a path of its own, which is answered 404.',
  },
];

/** The name under which results are shown. */
export function nameOf({ name, version }: Sdk): string {
  return `${name} ${version}`;
}
