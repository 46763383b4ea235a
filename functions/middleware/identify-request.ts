import type { MiddlewareObj } from '@middy/core';
import jsonBodyParser from '@middy/http-json-body-parser';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { Rejection } from '../../lib/event/rejection.ts';
import { authenticate, readAuthorization, readWriteKey } from '../../lib/intake/authenticate.ts';
import { decodeBody } from '../../lib/intake/decode-body.ts';
import { parseJson } from '../../lib/intake/parse-json.ts';
import { SINGLE_LIMIT_MS } from '../../lib/intake/time-limits.ts';
import { verifySignature } from '../../lib/intake/verify-signature.ts';
import { OwnError } from '../../lib/runtime/own-error.ts';
import type { TraceContext } from '../../lib/runtime/traceparent.ts';
import { withTimeout } from '../../lib/runtime/with-timeout.ts';
import type { Workspace } from '../../lib/workspaces/workspaces.ts';
import type { Services } from '../services.ts';

/** A request, and what the middlewares below add to it. */
export interface IdentifyRequest extends APIGatewayProxyEventV2 {
  /** true if nothing is to be written. Set by `readQuery`. */
  isDryRun?: boolean;
  /** Method and path, without a slash at the end. */
  route?: string;
  /** ms since the epoch; the present if undefined */
  startedAt?: number;
  /** The trace of the sender, if it sent a valid one. */
  trace?: TraceContext | undefined;
  /** Set by `authenticateByHeader` or `authenticateByBody`. */
  workspace?: Workspace;
  /** The bytes of the body as they were sent. Set by `unpackBody`. */
  rawBody?: Uint8Array;
  /** The body as parsed from JSON. Set by `parseBody`. */
  json?: unknown;
}

type Middleware = MiddlewareObj<IdentifyRequest>;

/** Finds the workspace of the sender by the header `Authorization`, before the body is read. */
export function authenticateByHeader(services: () => Services): Middleware {
  return {
    before: async ({ event }) => {
      const { authorization } = event.headers;
      if (authorization === undefined) return;
      event.workspace = await findWorkspace(readAuthorization(authorization), services());
    },
  };
}

/** Finds the workspace of a sender that has no such header by the `writeKey` in its body. */
export function authenticateByBody(services: () => Services): Middleware {
  return {
    before: async ({ event }) => {
      event.workspace ??= await findWorkspace(readWriteKey(event.json), services());
    },
  };
}

function findWorkspace(apiKey: string | undefined, { workspaces }: Services): Promise<Workspace> {
  return withTimeout(SINGLE_LIMIT_MS, authenticate(apiKey, workspaces, Date.now()));
}

/** Reads `?dryRun=true`. Any other value is rejected, because a typing error must not write. */
export function readQuery(): Middleware {
  return {
    before: ({ event }) => {
      const { dryRun = 'false' } = event.queryStringParameters ?? {};
      if (dryRun !== 'true' && dryRun !== 'false') throw new Rejection('dry_run_invalid', 'dryRun');
      event.isDryRun = dryRun === 'true';
    },
  };
}

/** Unpacks the body into text, whether API Gateway passed it as text or in base64. */
export function unpackBody(): Middleware {
  return {
    before: ({ event }) => {
      const { 'content-type': type, 'content-encoding': encoding } = event.headers;
      event.rawBody = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
      event.body = decodeBody(event.rawBody, type, encoding);
      event.isBase64Encoded = false;
    },
  };
}

/** A single call is far smaller. @middy/http-json-body-parser calls a function for each value. */
const MAX_MIDDY_CHARACTERS = 256 * 1024;

/**
 * Parses the body with @middy/http-json-body-parser. It refuses a whole body for one field named
 * `__proto__`, and it recurses into deep nesting, but one event must not spoil a batch. So such a
 * body is parsed by `JSON.parse` alone, which takes any depth and pollutes no prototype. So is a
 * large body, for which the parser needs up to 20 times the CPU.
 */
export function parseBody(): Middleware {
  const parser: Middleware = jsonBodyParser({ disableContentTypeCheck: true });
  return {
    before: async (request) => {
      const { event } = request;
      const text = event.body ?? '';
      if (text.length > MAX_MIDDY_CHARACTERS) {
        event.json = parseJson(text);
        return;
      }
      try {
        await parser.before?.(request);
        event.json = event.body;
      } catch {
        event.json = parseJson(text);
      }
    },
  };
}

/** Verifies the signature of the sender, where its workspace asks for one. */
export function verifySender(services: () => Services): Middleware {
  return {
    before: async ({ event }) => {
      const { json: body, rawBody, workspace } = event;
      if (workspace === undefined || rawBody === undefined) throw new OwnError('nothing to verify');
      const signature = event.headers['x-signature'];
      const request = { signature, rawBody, body };
      await withTimeout(SINGLE_LIMIT_MS, verifySignature(request, workspace, services().secrets));
    },
  };
}
