import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { callSchema, eventSchema } from '../../lib/event/event-fields.ts';
import { REJECTIONS, Rejection } from '../../lib/event/rejection.ts';
import {
  batchResponseSchema,
  errorResponseSchema,
  singleResponseSchema,
  UNAVAILABLE,
} from '../../lib/intake/response.ts';

type Json = Record<string, unknown>;
type Status = (typeof REJECTIONS)[keyof typeof REJECTIONS]['status'];

const packageSchema = z.object({ version: z.string(), license: z.string() });

/** Bodies as senders put them on the wire, by what they are. */
const SINGLE_BODIES = {
  'Recommended format': 'recommended',
  'Without traits or url': 'top-level-email',
  'With an event': 'event-name',
  "Segment's webhook": 'segment-webhook',
};
const BATCH_BODIES = {
  "Segment's Node SDK": 'segment-analytics-node-batch',
  "RudderStack's Node SDK": 'rudderstack-node-batch',
};

/** One message of each status, as the service says it. */
const EXAMPLES: Record<Status, Rejection> = {
  400: new Rejection('email', 'traits.email', 'a string of length 5'),
  401: new Rejection('api_key', 'Authorization', 'another'),
  403: new Rejection('disabled', 'Authorization', 'that of a disabled one'),
  413: new Rejection('event_size', 'the event', '33000 bytes'),
  415: new Rejection('content_type', 'content-type', 'another type'),
  501: new Rejection('other_call', 'type', 'a string of length 5'),
};

/**
 * Describes the HTTP interface in OpenAPI 3.1, from the schemas that validate, the rejections that are
 * answered, and the bodies that are tested.
 */
export function openApiDocument(): Json {
  const { version, license } = packageSchema.parse(read('package.json'));
  return {
    openapi: '3.1.0',
    info: {
      title: 'Nat destination',
      version,
      summary: 'Takes identify events: at most one interaction per contact and day.',
      license: { name: license, identifier: license },
    },
    servers: [{ url: '/' }],
    security: [{ basic: [] }, { bearer: [] }],
    paths: {
      '/v1/identify': { post: taking('identify', 'Take an event, or several') },
      '/v1/batch': { post: taking('batch', 'The same, where SDKs send their batches') },
      '/v1/health': { get: open('health', 'Tell whether the service runs', { status: 'ok' }) },
      '/openapi.json': { get: open('describe', 'Give this description', undefined) },
    },
    components: {
      schemas: {
        Event: eventJsonSchema(),
        Events: { type: 'array', maxItems: 4000, items: ref('Event') },
        Batch: { type: 'object', required: ['batch'], properties: { batch: ref('Events') } },
        SingleAnswer: jsonSchema(singleResponseSchema),
        BatchAnswer: jsonSchema(batchResponseSchema),
        Error: jsonSchema(errorResponseSchema),
      },
      securitySchemes: {
        basic: {
          type: 'http',
          scheme: 'basic',
          description: 'The API key as user name, without a password.',
        },
        bearer: { type: 'http', scheme: 'bearer', description: 'The API key.' },
      },
    },
  };
}

function taking(operationId: string, summary: string): Json {
  return {
    operationId,
    summary,
    parameters: [SIGNATURE, ENCODING],
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: { oneOf: [ref('Event'), ref('Batch'), ref('Events')] },
          examples: { ...examplesOf(SINGLE_BODIES), ...examplesOf(BATCH_BODIES) },
        },
      },
    },
    responses: {
      200: answer('The contact has one that day already, or no event of the batch was accepted.', {
        status: 'duplicate',
      }),
      202: answer('It is in the ledger and will be delivered; of a batch, at least one is.', {
        status: 'accepted',
      }),
      ...Object.fromEntries(Object.entries(EXAMPLES).map(rejectionResponse)),
      429: error('More requests than the deployment takes in a second: send it again, later.', {
        message: 'Too Many Requests',
      }),
      503: {
        ...error('The ledger cannot be reached: nothing was accepted, send it again.', {
          message: UNAVAILABLE,
        }),
        headers: { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer' } } },
      },
    },
  };
}

const SIGNATURE = {
  name: 'X-Signature',
  in: 'header',
  description:
    'Hex HMAC-SHA1 of the body, or of the first event of an array, where the workspace has a shared secret.',
  schema: { type: 'string', pattern: '^[0-9a-fA-F]{40}$' },
};

const ENCODING = {
  name: 'Content-Encoding',
  in: 'header',
  schema: { type: 'string', enum: ['gzip', 'identity'] },
};

function open(operationId: string, summary: string, example: Json | undefined): Json {
  const content = {
    'application/json': { schema: { type: 'object' }, ...(example && { example }) },
  };
  return {
    operationId,
    summary,
    security: [],
    responses: { 200: { description: 'It.', content } },
  };
}

function answer(description: string, single: Json): Json {
  const schema = { oneOf: [ref('SingleAnswer'), ref('BatchAnswer')] };
  const results = [single, { status: 'ignored', message: EXAMPLES[501].message }];
  const examples = { single: { value: single }, batch: { value: { results } } };
  return { description, content: { 'application/json': { schema, examples } } };
}

function rejectionResponse([status, { message }]: [string, Rejection]): [string, Json] {
  const reasons = Object.entries(REJECTIONS).filter(([, one]) => String(one.status) === status);
  const lines = reasons.map(
    ([reason, { expected }]) => `- \`${reason}\`: expected ${expected.replace('{}', '…')}`,
  );
  const description = `What to change:\n\n${lines.join('\n')}`;
  // A batch of which every event was rejected says of each why.
  const schema = status === '400' ? { oneOf: [ref('Error'), ref('BatchAnswer')] } : ref('Error');
  return [status, error(description, { message }, schema)];
}

function error(description: string, example: Json, schema: Json = ref('Error')): Json {
  return { description, content: { 'application/json': { schema, example } } };
}

/** What a call of any type has, and what an identify call has besides. */
function eventJsonSchema(): Json {
  const event = jsonSchema(eventSchema);
  const call = jsonSchema(callSchema);
  return {
    description: 'Field names match in any casing; what is not listed is let through unread.',
    type: 'object',
    required: call.required,
    properties: { ...call.properties, ...event.properties },
  };
}

function jsonSchema(schema: z.ZodMiniType) {
  // The output side: an input's field names match in any casing, which JSON Schema cannot say.
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io: 'output',
    override: ({ jsonSchema }) => {
      delete jsonSchema.additionalProperties;
    },
  });
  return json;
}

function examplesOf(bodies: Record<string, string>): Json {
  return Object.fromEntries(
    Object.entries(bodies).map(([summary, file]) => [
      file,
      { summary, value: read(`tests/events/${file}.json`) },
    ]),
  );
}

function ref(schema: string): Json {
  return { $ref: `#/components/schemas/${schema}` };
}

function read(path: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'));
}
