import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { TABLES } from '../../offline/database.ts';

/** A part of dynalite: the items of a table. */
interface ItemDb {
  put(key: string, item: object, done: (error?: Error) => void): void;
}

/** A part of dynalite: what is behind its HTTP server. */
interface Store {
  getItemDb(table: string): ItemDb;
  getTable(table: string, done: (error: Error | null, description?: object) => void): void;
}

const dynalite: {
  create(options: object): Store;
  createKey(item: object, table: object): string;
} = createRequire(import.meta.url)('dynalite/db');

/**
 * Catches the store of the next dynalite that starts. A million interactions that are written
 * through HTTP would take half an hour.
 *
 * @returns gives the store once it exists
 */
export function catchStore(): () => Store {
  const { create } = dynalite;
  let caught: Store | undefined;
  dynalite.create = (options) => {
    dynalite.create = create;
    caught = create(options);
    return caught;
  };
  return () => {
    if (caught === undefined) throw new Error('dynalite was not started');
    return caught;
  };
}

/** @returns fills the ledger up to a number of delivered interactions, each of a contact of its own */
export function createFill(store: () => Store): (interactions: number) => Promise<void> {
  let filled = 0;
  return async (interactions) => {
    const description = await promisify(store().getTable.bind(store()))(TABLES.Interactions);
    if (description === undefined) throw new Error('there is no ledger');
    const items = store().getItemDb(TABLES.Interactions);
    const put = promisify(items.put.bind(items));
    for (; filled < interactions; filled += 1) {
      const item = {
        contact: { S: `local#${String(filled).padStart(43, 'k')}` },
        day: { S: '2026-11-28' },
        status: { S: 'delivered' },
        acceptedAt: { S: '2026-11-28T08:15:30.123Z' },
        deliveredAt: { S: '2026-11-28T08:15:30.523Z' },
        attempts: { N: '1' },
      };
      await put(dynalite.createKey(item, description), item);
    }
  };
}
