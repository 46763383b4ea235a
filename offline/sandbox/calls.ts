/** One `POST /identify` as it ended: never its key, never its body. */
export type Call = {
  at: string;
  status: number | 'dropped';
  idempotencyKey: string | null;
  userAgent: string | null;
};

const MOST_CALLS = 10_000;

/**
 * Makes the record behind `GET /calls`: the last 10,000 calls, in the order they ended.
 *
 * @returns `add`, and `all`, oldest first
 */
export const createCalls = () => {
  const calls: Call[] = [];
  return {
    add(call: Call): void {
      calls.push(call);
      if (calls.length > MOST_CALLS) calls.shift();
    },
    all: (): readonly Call[] => calls,
  };
};
