/** Ends a naive reading without an interaction. */
export class Ended extends Error {
  readonly outcome: 'rejected' | 'ignored' | 'unknown';
  constructor(outcome: Ended['outcome']) {
    super(outcome);
    this.outcome = outcome;
  }
}

/** @throws {Ended} always: the service has to reject the event */
export function reject(): never {
  throw new Ended('rejected');
}

/** @throws {Ended} always: the naive reading cannot tell */
export function endUnknown(): never {
  throw new Ended('unknown');
}
