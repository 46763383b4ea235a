/** Ends a naive reading before it comes to an interaction. */
export class Ended extends Error {
  readonly outcome: 'refused' | 'ignored' | 'unknown';
  constructor(outcome: Ended['outcome']) {
    super(outcome);
    this.outcome = outcome;
  }
}

/** @throws {Ended} always: the sender is told to change something */
export function refuse(): never {
  throw new Ended('refused');
}

/** @throws {Ended} always: the naive reading is not able to tell */
export function endUnknown(): never {
  throw new Ended('unknown');
}
