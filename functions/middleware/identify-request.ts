import type { MiddlewareObj } from '@middy/core';
import jsonBodyParser from '@middy/http-json-body-parser';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { Rejection } from '../../lib/event/rejection.ts';
import { authenticate } from '../../lib/intake/authenticate.ts';
import { decodeBody } from '../../lib/intake/decode-body.ts';
import { SINGLE_LIMIT_MS } from '../../lib/intake/time-limits.ts';
import { verifySignature } from '../../lib/intake/verify-signature.ts';
import { withTimeout } from '../../lib/runtime/with-timeout.ts';
import type { Workspace } from '../../lib/workspaces/workspaces.ts';
import type { Services } from '../services.ts';

/** A request, and what the middlewares below add to it. */
export interface IdentifyRequest extends APIGatewayProxyEventV2 {
  /** ms since the epoch; the present if undefined */
  startedAt?: number;
  /** Set by `authenticateSender`. */
  workspace?: Workspace;
  /** The bytes of the body as they were sent. Set by `unpackBody`. */
  rawBody?: Uint8Array;
}

type Middleware = MiddlewareObj<IdentifyRequest>;

/** Finds the workspace of the sender, before anything looks at the body. */
export function authenticateSender(services: () => Services): Middleware {
  return {
    before: async ({ event }) => {
      const { authorization } = event.headers;
      event.workspace = await withTimeout(
        SINGLE_LIMIT_MS,
        authenticate(authorization, services().workspaces, Date.now()),
      );
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
        event.body = parseJson(text);
        return;
      }
      try {
        await parser.before?.(request);
      } catch {
        event.body = parseJson(text);
      }
    },
  };
}

/** Verifies the signature of the sender, where its workspace asks for one. */
export function verifySender(services: () => Services): Middleware {
  return {
    before: ({ event }) => {
      const { body, rawBody, workspace } = event;
      if (workspace === undefined || rawBody === undefined) throw new Error('nothing to verify');
      const signature = event.headers['x-signature'];
      verifySignature({ signature, rawBody, body }, workspace, services().secrets);
    },
  };
}

function parseJson(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Rejection('json_invalid');
  }
}
