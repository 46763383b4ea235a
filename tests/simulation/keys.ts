import type { Customer } from './customers.ts';

/**
 * Gives each customer an API key.
 *
 * @param goodKeys the keys that Nat accepts
 */
export function createKeys(customers: Customer[], goodKeys: Set<string>) {
  const keys = new Map<string, [string, ...string[]]>(
    customers.map(({ id }) => [id, [`key-of-${id}`]]),
  );
  const keysOf = (id: string): [string, ...string[]] => keys.get(id) ?? [''];
  for (const { id } of customers) goodKeys.add(keysOf(id)[0]);
  return {
    /** All keys that a customer ever had, the newest first. */
    keysOf,
    /** The key that Nat accepts from a customer. */
    keyOf: (id: string): string => keysOf(id)[0],
    /** Nat gives a customer a new key and rejects the old one. */
    changeKeyAtNat(id: string): void {
      const before = keysOf(id);
      const key = `key-of-${id}-${before.length}`;
      goodKeys.delete(before[0]);
      goodKeys.add(key);
      keys.set(id, [key, ...before]);
    },
  };
}
