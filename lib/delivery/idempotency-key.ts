import { createHash } from 'node:crypto';
import { type InteractionKey, interactionId } from '../ledger/entry.ts';

/**
 * The `Idempotency-Key` of an interaction. It is made from contact and day, so every try has the
 * same one. A new event that takes the day of a dead interaction has it too: if Nat took the dead
 * one and only its response was lost, the new one cannot become a second interaction.
 */
export function idempotencyKeyOf(key: InteractionKey): string {
  return createHash('sha256').update(interactionId(key)).digest('base64url');
}
