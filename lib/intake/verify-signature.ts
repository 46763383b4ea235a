import { createHmac, timingSafeEqual } from 'node:crypto';
import { Rejection } from '../event/rejection.ts';
import type { SecretSource } from '../runtime/secret-source.ts';
import { unsealSharedSecret } from '../workspaces/sealed-fields.ts';
import type { Workspace } from '../workspaces/workspaces.ts';

/** The parts of a request that a signature may be about. */
export interface SignedRequest {
  /** The header `X-Signature`. */
  signature: string | undefined;
  /** The bytes of the body as they were sent. */
  rawBody: Uint8Array;
  /** The body as parsed from JSON. */
  body: unknown;
}

/**
 * Verifies the signature of a request, if its workspace has a shared secret. Segment's webhooks
 * sign the body; of a batch they sign only the first event (see docs/decisions.md).
 *
 * @param request the request
 * @param workspace the workspace it is for
 * @param secrets to read the shared secret
 * @throws {Rejection} 401 if the signature is missing or wrong
 */
export async function verifySignature(
  { signature, rawBody, body }: SignedRequest,
  workspace: Workspace,
  secrets: Pick<SecretSource, 'signatures'>,
): Promise<void> {
  const { id, sharedSecret } = workspace;
  if (sharedSecret === undefined) return;
  if (signature === undefined) throw new Rejection('signature_missing');
  const sealer = await secrets.signatures(sharedSecret);
  const secret = unsealSharedSecret(sealer, { id, sharedSecret });
  // Compared as text, because a decoder of hex skips what is not hex.
  const given = Buffer.from(signature.toLowerCase());
  const isSignatureOf = (content: Uint8Array | string) => {
    const expected = Buffer.from(createHmac('sha1', secret).update(content).digest('hex'));
    return given.length === expected.length && timingSafeEqual(given, expected);
  };
  if (isSignatureOf(rawBody)) return;
  const firstEvent = firstEventAsSent(body);
  if (firstEvent !== undefined && isSignatureOf(firstEvent)) return;
  throw new Rejection('signature_wrong');
}

/** Segment signs what `JSON.stringify` makes of the first event, so the same call repeats it. */
function firstEventAsSent(body: unknown): string | undefined {
  if (!Array.isArray(body)) return undefined;
  try {
    return JSON.stringify(body[0]);
  } catch {
    // The event is nested too deeply to be written as JSON again.
  }
}
