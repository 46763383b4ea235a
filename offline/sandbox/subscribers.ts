/** Tells whoever listens; a listener that has unsubscribed is never called again. */
export type Subscribers<T> = {
  subscribe(listener: (value: T) => void): () => void;
  notify(value: T): void;
};

/**
 * Makes an empty list of listeners.
 *
 * @returns `subscribe`, which gives back its own unsubscribe, and `notify`, which calls each
 *   listener in turn before it returns
 */
export const createSubscribers = <T>(): Subscribers<T> => {
  const listeners = new Set<(value: T) => void>();
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    notify(value) {
      for (const listener of listeners) listener(value);
    },
  };
};
