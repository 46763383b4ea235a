import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { Rejection } from '../../lib/event/rejection.ts';
import { authenticate } from '../../lib/intake/authenticate.ts';
import { decodeBody } from '../../lib/intake/body.ts';
import { screen } from '../../lib/intake/screen.ts';
import type { Workspace } from '../../lib/workspaces/workspaces.ts';
import type { Services } from '../services.ts';

/** A request, once `authenticateSender` and `unpackBody` have run. */
export interface IdentifyRequest extends APIGatewayProxyEventV2 {
  workspace?: Workspace;
  /** Events that were refused before the body was parsed, by their place. */
  rejections?: ReadonlyMap<number, Rejection>;
}

type Middleware = MiddlewareObj<IdentifyRequest>;

/** Finds the sender's workspace, before anything of the body is looked at. */
export function authenticateSender(services: () => Services): Middleware {
  return {
    before: async ({ event }) => {
      const { workspaces, secrets } = services();
      const { authorization, 'x-signature': signature } = event.headers;
      const credentials = { authorization, signature, rawBody: rawBodyOf(event) };
      event.workspace = await authenticate(credentials, workspaces, secrets, Date.now());
    },
  };
}

/** Unpacks the body into text, whether API Gateway handed it over as text or in base64. */
export function unpackBody(): Middleware {
  return {
    before: ({ event }) => {
      const { 'content-type': type, 'content-encoding': encoding } = event.headers;
      const { text, rejections } = screen(decodeBody(rawBodyOf(event), type, encoding));
      event.body = text;
      event.rejections = rejections;
      event.isBase64Encoded = false;
    },
  };
}

function rawBodyOf({ body, isBase64Encoded }: IdentifyRequest): Uint8Array {
  return Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
}
