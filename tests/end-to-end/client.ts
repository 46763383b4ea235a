import { randomUUID } from 'node:crypto';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as v from 'valibot';
import { inject } from 'vitest';
import { invoke, lambdaClient } from '../../cli/lambda.ts';
import { LOCAL_API_KEY } from '../../cli/local-stack.ts';
import { TABLES } from '../../offline/database.ts';
import { CANARY, hasCanary } from './canary.ts';

/** What the API answered. */
export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** What a request has besides its body. */
export interface SendOptions {
  path?: string;
  headers?: Record<string, string>;
  apiUrl?: string;
}

/** `Authorization` as Segment and its SDKs send it. */
export function basic(apiKey: string): string {
  return `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`;
}

/** Posts a body to the API. The sender is the workspace `local` unless the headers name another. */
export async function send(
  body: string | Uint8Array<ArrayBuffer> | object,
  options: SendOptions = {},
): Promise<Answer> {
  const raw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(
    `${options.apiUrl ?? inject('apiUrl')}${options.path ?? '/v1/identify'}`,
    {
      method: 'POST',
      headers: {
        authorization: basic(LOCAL_API_KEY),
        'content-type': 'application/json',
        ...options.headers,
      },
      body: raw ? body : JSON.stringify(body),
    },
  );
  const text = await response.text();
  if (hasCanary(text + JSON.stringify([...response.headers]))) {
    throw new Error(`an address or a key was answered: ${text}`);
  }
  return { status: response.status, headers: response.headers, body: JSON.parse(text) };
}

/** An address that no other test uses, with the canary. */
export function someone(): string {
  return `${randomUUID()}.${CANARY}@example.com`;
}

/** An event in Nat's recommended format, with the changes of a test. */
export function recommended(email: string, changes: object = {}): object {
  return {
    type: 'identify',
    timestamp: '2020-05-31T17:55:47.263Z',
    traits: { email },
    page: { url: 'https://example.com' },
    ...changes,
  };
}

const timelineSchema = v.object({
  contact: v.string(),
  interactions: v.array(
    v.object({ timestamp: v.string(), description: v.string(), idempotencyKey: v.string() }),
  ),
});

/** A contact's interactions at Nat, newest first; an empty list for an unknown contact. */
export async function timelineOf(
  email: string,
  options: { natUrl?: string; apiKey?: string } = {},
) {
  const url = `${options.natUrl ?? inject('natUrl')}/timelines/${encodeURIComponent(email)}`;
  const response = await fetch(url, {
    headers: { authorization: basic(options.apiKey ?? LOCAL_API_KEY) },
  });
  if (response.status === 404) return [];
  return v.parse(timelineSchema, await response.json()).interactions;
}

/** Every item of the ledger, sorted by contact and day: of the shared stack unless another is given. */
export async function ledgerItems(dynamodb = inject('dynamodb')) {
  const client = new DynamoDBClient(dynamodb);
  const items = [];
  for await (const page of paginateScan({ client }, { TableName: TABLES.Interactions })) {
    items.push(...(page.Items ?? []).map((item) => unmarshall(item)));
  }
  client.destroy();
  return items.sort((a, b) => `${a.contact}${a.day}`.localeCompare(`${b.contact}${b.day}`));
}

/** Runs an operator's command on the shared stack. */
export function operate(request: object): Promise<unknown> {
  return invokeFunction('operate', request);
}

/** Invokes a function of the shared stack by its name in `serverless.yml`. */
export async function invokeFunction(name: string, payload: object): Promise<unknown> {
  const lambda = lambdaClient(inject('lambdaPort'));
  const answer = await invoke(lambda, `nat-destination-local-${name}`, payload);
  lambda.destroy();
  return answer;
}
