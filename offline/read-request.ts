import { createIntake } from '../lib/intake/accept.ts';
import { readAuthorization, readWriteKey } from '../lib/intake/authenticate.ts';
import { decodeBody } from '../lib/intake/decode-body.ts';
import { parseJson } from '../lib/intake/parse-json.ts';
import { readBody } from '../lib/intake/read-body.ts';
import { interactionId } from '../lib/ledger/entry.ts';
import type { SecretSource } from '../lib/runtime/secret-source.ts';
import type { Workspace, Workspaces } from '../lib/workspaces/workspaces.ts';
import type { ApiRequest, RequestInteraction } from './sandbox/request-log.ts';

/** Any spelling: the API only takes this one, but a key must not be shown in any. */
const WRITE_KEY = /("write_?key"\s*:\s*)"(?:[^"\\]|\\.)*"/gi;
const NOTHING = { addresses: 0, interactions: 0 };
const PLACEHOLDER = '$1"YOUR_API_KEY"';

/** A request to the API, as it was on the wire. */
export interface RecordedRequest {
  /** When it arrived, ms since the epoch. */
  at: number;
  method: string;
  /** Path and query. */
  url: string;
  authorization: string | undefined;
  contentType: string | undefined;
  contentEncoding: string | undefined;
  userAgent: string | undefined;
  /** Undefined if it is too long. */
  body: Uint8Array | undefined;
  /** Undefined if the caller left before the answer. */
  status: number | undefined;
  /** The body of the answer; undefined if it is too long. */
  answer: Uint8Array | undefined;
  latencyMs: number;
}

/**
 * Creates what reads recorded requests for the page: it finds out which interactions the events
 * became, and removes the API key. It reads an event as the API does, and writes nothing.
 */
export function createRequestReader(
  workspaces: Workspaces,
  secrets: Pick<SecretSource, 'contacts'>,
) {
  // A dry run asks only which days are taken. The answer of the API has said so already.
  const intake = createIntake(
    {
      findTaken: async () => new Set(),
      accept: refuse,
      insertNew: refuse,
      remember: refuse,
      deletions: { order: refuse, deleteNow: refuse, count: async () => NOTHING },
    },
    secrets,
  );

  return async (recorded: RecordedRequest): Promise<ApiRequest> => {
    const { at, method, url, authorization, userAgent, contentType, status, latencyMs } = recorded;
    const body = readText(recorded);
    const { workspace, interactions } = await readInteractions(recorded, body);
    return {
      at: new Date(at).toISOString(),
      ...{ method, path: url, userAgent, contentType, status, interactions },
      latencyMs: Math.round(latencyMs),
      hasAuthorization: authorization !== undefined,
      body: body?.replace(WRITE_KEY, PLACEHOLDER),
      answer: Buffer.from(recorded.answer ?? []).toString(),
      workspace: workspace?.id,
    };
  };

  /** What cannot be read became no interaction: the answer of the API says why. */
  async function readInteractions({ at, url, authorization }: RecordedRequest, body = '') {
    let workspace: Workspace | undefined;
    try {
      const json = parseJson(body);
      const apiKey =
        authorization === undefined ? readWriteKey(json) : readAuthorization(authorization);
      workspace = apiKey === undefined ? undefined : await workspaces.findByApiKey(apiKey, at);
      const isDryRun = new URL(url, 'http://localhost').searchParams.get('dryRun') === 'true';
      if (workspace === undefined || isDryRun) return { workspace, interactions: [] };
      return { workspace, interactions: await toInteractions(json, workspace, { at, url }) };
    } catch {
      return { workspace, interactions: [] };
    }
  }

  async function toInteractions(
    json: unknown,
    workspace: Workspace,
    { at, url }: Pick<RecordedRequest, 'at' | 'url'>,
  ): Promise<(RequestInteraction | undefined)[]> {
    const { form, events, shared } = readBody(json);
    const isIdentify = form === 'single' && /^\/v1\/identify\/*(?:\?|$)/.test(url);
    const impliedType = isIdentify ? 'identify' : undefined;
    const options = { isDryRun: true, shared, impliedType } as const;
    const results = await intake.accept(events, workspace, at, options);
    return results.map((result) => {
      if (!('interaction' in result)) return undefined;
      const { email, day, description } = result.interaction;
      const { timeZone } = workspace;
      return { id: interactionId(result.key), email, day, timeZone, description };
    });
  }
}

/** @returns undefined if the body is too long, or no text */
function readText({ body, contentType, contentEncoding }: RecordedRequest): string | undefined {
  if (body === undefined) return undefined;
  try {
    return decodeBody(body, contentType, contentEncoding);
  } catch {
    return undefined;
  }
}

function refuse(): never {
  throw new Error('a dry run writes nothing');
}
