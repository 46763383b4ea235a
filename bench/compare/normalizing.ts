import { createRequire } from 'node:module';
import { JsonTemplateEngine } from '@rudderstack/json-template-engine';
import { normalize } from '../../lib/event/normalize.ts';
import { ratioRow, type Section } from './section.ts';
import { alternate, compare } from './statistics.ts';

// Its ES modules cannot be loaded by Node, and its types need those of a browser. It needs liquidjs,
// which it does not name as a dependency.
const require = createRequire(import.meta.url);
const { Destination, transform, validateSchema }: SegmentActions = require('@segment/actions-core');

/** A part of @segment/actions-core. */
interface SegmentActions {
  /** A destination with its actions. */
  Destination: new (
    definition: object,
  ) => { onEvent(event: object, settings: object): Promise<object[]> };
  /** What it does with an event that fits an action. */
  transform(mapping: object, event: object): object;
  validateSchema(payload: object, schema: object, options: { schemaKey: string }): boolean;
}

const OURS = 'normalize';
const SEGMENT = '@segment/actions-core, mapping and checks';
const SEGMENT_ACTION = '@segment/actions-core, a whole action';
const RUDDERSTACK = '@rudderstack/json-template-engine';
/** How long each is measured in a round: the same for all, because the speed of a machine changes. */
const MEASURED_MS = 300;
const RUNS_AT_ONCE = 1000;
const EVENT = {
  type: 'identify',
  messageId: 'a-message',
  timestamp: '2026-11-28T08:15:30.123Z',
  originalTimestamp: '2026-11-28T08:15:30.100Z',
  sentAt: '2026-11-28T08:15:30.200Z',
  userId: 'peter',
  traits: { email: 'peter@example.com', name: 'Peter', plan: 'pro' },
  context: {
    library: { name: 'analytics.js', version: '2.11.1' },
    page: { path: '/welcome', url: 'https://example.com/welcome', title: 'Welcome' },
    userAgent: 'Mozilla/5.0',
  },
  page: { url: 'https://example.com/welcome' },
};
const SETTINGS = { timeZone: 'UTC', standardMessage: 'Used our product' };
const NOW = Date.parse('2026-11-28T08:16:00Z');

/** What is wanted of an event, as a destination of Segment's "Actions" says it. */
const MAPPING = {
  email: either('$.traits.email', '$.email'),
  timestamp: either('$.timestamp', '$.originalTimestamp'),
  description: either('$.page.url', '$.context.page.url'),
};

const SCHEMA = {
  type: 'object',
  properties: {
    email: { type: 'string', format: 'email' },
    timestamp: { type: 'string', format: 'date-time' },
    description: { type: 'string' },
  },
  required: ['email', 'timestamp'],
};

/** The same three fields as an action, which also asks whether an event is an identify call. */
const ACTION = {
  title: 'Add an interaction',
  description: 'Shows that a contact used the product.',
  defaultSubscription: 'type = "identify"',
  fields: {
    email: {
      label: 'Email',
      description: 'Of the contact.',
      type: 'string',
      format: 'email',
      required: true,
    },
    timestamp: {
      label: 'Time',
      description: 'Of the event.',
      type: 'string',
      format: 'date-time',
      required: true,
    },
    description: { label: 'Description', description: 'What it shows.', type: 'string' },
  },
  perform: () => undefined,
};

function either(first: string, second: string) {
  return {
    // biome-ignore lint/suspicious/noThenProperty: the language of the mapping has it
    '@if': { exists: { '@path': first }, then: { '@path': first }, else: { '@path': second } },
  };
}

/** The same in the language in which RudderStack writes its newer destinations. */
const TEMPLATE = `{
  email: .traits.email ?? .email,
  timestamp: .timestamp ?? .originalTimestamp,
  description: .page.url ?? .context.page.url
}`;

/** Reading one event, beside the libraries with which destinations map events. */
export function normalizingSection(rounds: number): Section {
  return {
    name: 'normalizing',
    title: 'Normalizing one event',
    about:
      'CPU time of normalize, beside mapping the same three fields with @segment/actions-core, which ' +
      'checks them with ajv; beside an action of it, which also asks whether the event is an identify ' +
      "call, and performs nothing; and beside a template of RudderStack's " +
      '@rudderstack/json-template-engine, which checks nothing.',
    async measure(onProgress) {
      const template = JsonTemplateEngine.create(TEMPLATE);
      const payload = JSON.parse(JSON.stringify(EVENT));
      const destination = createDestination();
      await requirePerformed(destination);
      const times = await alternate(
        [
          [OURS, () => timeOf(() => normalize(EVENT, SETTINGS, NOW))],
          [SEGMENT, () => timeOf(() => mapAndCheck(payload))],
          [SEGMENT_ACTION, () => timeOf(() => destination.onEvent(payload, SUBSCRIPTION))],
          [RUDDERSTACK, () => timeOf(() => template.evaluate(EVENT))],
        ],
        rounds,
        (round) => onProgress(`${round} of ${rounds}`),
      );
      return ([SEGMENT, SEGMENT_ACTION, RUDDERSTACK] as const).map((library) =>
        ratioRow(`${OURS} / ${library}`, compare(times(OURS), times(library)), 0.1),
      );
    },
  };
}

const SUBSCRIPTION = {
  subscriptions: [
    { subscribe: ACTION.defaultSubscription, partnerAction: 'interaction', mapping: MAPPING },
  ],
};

function createDestination() {
  return new Destination({ name: 'Nat', mode: 'cloud', actions: { interaction: ACTION } });
}

/** An action that is wrong would be left out in silence, and then it would be fast. */
async function requirePerformed(destination: ReturnType<typeof createDestination>): Promise<void> {
  const steps = JSON.stringify(await destination.onEvent(EVENT, SUBSCRIPTION));
  if (!steps.includes('Action Executed')) throw new Error(`the action was not performed: ${steps}`);
}

function mapAndCheck(event: object): boolean {
  return validateSchema(transform(MAPPING, event), SCHEMA, { schemaKey: 'interaction' });
}

/** CPU time of one run, µs. */
async function timeOf(run: () => unknown): Promise<number> {
  const end = performance.now() + MEASURED_MS;
  const before = process.cpuUsage();
  let runs = 0;
  do {
    for (let n = 0; n < RUNS_AT_ONCE; n += 1) {
      const result = run();
      if (result instanceof Promise) await result;
    }
    runs += RUNS_AT_ONCE;
  } while (performance.now() < end);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / runs;
}
