import { readFileSync } from 'node:fs';
import { toJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import {
  DESCRIPTION_PLACES,
  EMAIL_PLACES,
  TIMESTAMP_PLACES,
} from '../../lib/event/documented-formats.ts';
import { REJECTIONS, Rejection } from '../../lib/event/rejection.ts';
import { NOT_FOUND, UNAVAILABLE, UNHEALTHY } from '../../lib/intake/response.ts';
import {
  batchResponseSchema,
  errorResponseSchema,
  singleResponseSchema,
} from '../../lib/intake/response-schemas.ts';

type Json = Record<string, unknown>;
type Status = (typeof REJECTIONS)[keyof typeof REJECTIONS]['status'];

const packageSchema = v.object({ version: v.string(), license: v.string() });

/** Bodies as senders send them, by their summary. */
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

/** One rejection of each status, as the service responds with it. */
const EXAMPLES: Record<Status, Rejection> = {
  400: new Rejection('email_invalid', 'traits.email'),
  401: new Rejection('api_key_unknown'),
  403: new Rejection('workspace_disabled'),
  413: new Rejection('event_too_large'),
  415: new Rejection('content_type_unsupported'),
  501: new Rejection('type_not_identify'),
};

/**
 * Describes the HTTP interface in OpenAPI 3.1, from the table of formats, the response schemas, the
 * list of rejections, and the bodies that the tests send.
 */
export function openApiDocument(): Json {
  const { version, license } = v.parse(packageSchema, read('package.json'));
  return {
    openapi: '3.1.0',
    info: {
      title: 'Nat destination',
      version,
      summary: 'Takes identify events: at most one interaction per contact and day.',
      license: { name: license, identifier: license },
    },
    servers: [{ url: '/' }],
    // The empty one: an SDK may send the API key as `writeKey` in the body.
    security: [{ basic: [] }, { bearer: [] }, {}],
    paths: {
      '/v1/identify': { post: acceptOperation('identify', 'Send one event, or several') },
      '/v1/batch': { post: acceptOperation('batch', 'The same, at the path that most SDKs use') },
      '/v1/import': { post: acceptOperation('import', 'The same, at the path that some SDKs use') },
      '/v1/health': { get: healthOperation() },
      '/openapi.json': { get: openOperation('describe', 'Read this description') },
    },
    components: {
      schemas: {
        Event: eventJsonSchema(),
        Events: { type: 'array', maxItems: 4000, items: ref('Event') },
        Batch: {
          type: 'object',
          required: ['batch'],
          properties: { batch: ref('Events'), context: { type: 'object' }, writeKey: TEXT },
        },
        SingleResponse: jsonSchema(singleResponseSchema),
        BatchResponse: jsonSchema(batchResponseSchema),
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

const HEALTH = { status: 'ok' };
const STATUS = { type: 'object', properties: { status: { const: 'ok' } } };
const IGNORED = {
  status: 'ignored',
  code: EXAMPLES[501].code,
  message: EXAMPLES[501].message,
};

function acceptOperation(operationId: string, summary: string): Json {
  return {
    operationId,
    summary,
    parameters: [DRY_RUN, SIGNATURE, ENCODING, TRACEPARENT],
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
      200: response(
        'A single event: it is accepted and will be delivered, or a duplicate. A batch: one result per event. An array: the same, if not every event was rejected.',
        {
          schema: { oneOf: [ref('SingleResponse'), ref('BatchResponse')] },
          examples: {
            accepted: { value: { status: 'accepted' } },
            duplicate: { value: { status: 'duplicate' } },
            batch: { value: { results: [{ status: 'accepted' }, IGNORED] } },
          },
        },
      ),
      ...Object.fromEntries(Object.entries(EXAMPLES).map(rejectionResponse)),
      404: response('Another path or method.', { schema: ref('Error'), example: NOT_FOUND }),
      429: response('Too many requests per second. Send it again later.', {
        schema: { type: 'object' },
        example: { message: 'Too Many Requests' },
      }),
      503: {
        ...response('The service is unavailable. Sending the same again is safe.', {
          schema: ref('Error'),
          example: UNAVAILABLE,
        }),
        headers: { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer' } } },
      },
    },
  };
}

const DRY_RUN = {
  name: 'dryRun',
  in: 'query',
  description: 'true: nothing is written, and the response tells how each event was read.',
  schema: { type: 'boolean', default: false },
};

const SIGNATURE = {
  name: 'X-Signature',
  in: 'header',
  description:
    'Required if the workspace has a shared secret: hex HMAC-SHA1 of the body, or of the first event of an array.',
  schema: { type: 'string', pattern: '^[0-9a-fA-F]{40}$' },
};

const TRACEPARENT = {
  name: 'traceparent',
  in: 'header',
  description:
    'W3C Trace Context. The delivery to Nat continues this trace. A header that is not valid is ignored.',
  schema: { type: 'string', example: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' },
};

const ENCODING = {
  name: 'Content-Encoding',
  in: 'header',
  schema: { type: 'string', enum: ['gzip', 'identity'] },
};

function openOperation(operationId: string, summary: string): Json {
  const success = response('Success.', { schema: { type: 'object' } });
  return { operationId, summary, security: [], responses: { 200: success } };
}

function healthOperation(): Json {
  const operation = {
    operationId: 'health',
    summary: 'Check the settings and, with `?deep`, the tables and secrets',
    security: [],
    parameters: [{ name: 'deep', in: 'query', allowEmptyValue: true, schema: { type: 'string' } }],
  };
  const healthy = response('The service can take events.', { schema: STATUS, example: HEALTH });
  const unhealthy = response('It cannot.', { schema: ref('Error'), example: UNHEALTHY });
  return { ...operation, responses: { 200: healthy, 503: unhealthy } };
}

function rejectionResponse([status, { code, message }]: [string, Rejection]): [string, Json] {
  const lines = Object.entries(REJECTIONS)
    .filter(([, rejection]) => String(rejection.status) === status)
    .map(([code, rejection]) => `- \`${code}\`: ${rejection.message('FIELD', 'N')}`);
  // An array of rejected events also has one result per event.
  const schema = status === '400' ? { oneOf: [ref('Error'), ref('BatchResponse')] } : ref('Error');
  return [status, response(lines.join('\n'), { schema, example: { code, message } })];
}

function response(description: string, content: Json): Json {
  return { description, content: { 'application/json': content } };
}

/** The fields of an event that the service reads, as a schema made from the table of formats. */
function eventJsonSchema(): Json {
  const paths = [
    ...EMAIL_PLACES.map(({ path }) => path),
    ...TIMESTAMP_PLACES,
    ...DESCRIPTION_PLACES.map(({ path }) => path),
  ];
  const schema = objectSchema(paths.map((path) => path.split('.')));
  return {
    description:
      'Field names match in any casing. Other fields are ignored. A single event at /v1/identify needs no type.',
    type: 'object',
    properties: { type: TEXT, writeKey: TEXT, ...schema.properties },
  };
}

function objectSchema(paths: string[][]): { type: string[]; properties: Json } {
  const names = new Set(paths.map(([name = '']) => name));
  const properties = [...names].map((name) => {
    const inner = paths.filter(([first, ...rest]) => first === name && rest.length > 0);
    const isText = inner.length === 0;
    return [name, isText ? TEXT : objectSchema(inner.map(([, ...rest]) => rest))] as const;
  });
  return { type: ['object', 'null'], properties: Object.fromEntries(properties) };
}

const TEXT = { type: ['string', 'null'] };

function jsonSchema(schema: v.GenericSchema) {
  const { $schema: _, ...json } = toJsonSchema(schema);
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
