import { interactionId, readableSchema, workspaceIdOf } from '../lib/ledger/entry.ts';
import { parseItem } from '../lib/runtime/dynamodb/items.ts';
import type { StreamRecord } from './database.ts';
import type { LocalAccounts } from './local-accounts.ts';
import type { Sandbox } from './sandbox/server.ts';

/**
 * Creates what shows the page what the ledger holds.
 *
 * @returns takes the records of its stream, one after the other; throws if one cannot be read
 */
export function createLedgerWatch(deliveries: Sandbox['deliveries'], accounts: LocalAccounts) {
  return async ({ dynamodb }: StreamRecord): Promise<void> => {
    const { Keys, NewImage } = dynamodb;
    if (NewImage === undefined) {
      deliveries.remove(interactionId({ contact: Keys.contact.S, day: Keys.day.S }));
      return;
    }
    const entry = parseItem(readableSchema, NewImage);
    const { event, status, day, attempts = 0, lastError = null, dueAt = null } = entry;
    const id = interactionId(entry);
    if (status === 'delivered') deliveries.setDelivered(id);
    if (event === undefined || status === undefined || status === 'delivered') return;
    const account = await accounts.findByWorkspace(workspaceIdOf(entry));
    if (account === undefined) return;
    const { natApiKey, timeZone } = account;
    const progress = { status, attempts, lastError, dueAt };
    deliveries.set(id, { apiKey: natApiKey, ...event, day, timeZone, ...progress });
  };
}
