/** Where in the input an event is. */
interface Place {
  /** The line on which it begins, from 1. */
  line: number;
  /** How many bytes of the input had been read when it was complete. */
  readTo: number;
}

/** What stands where an event is expected: anything that is JSON, or why it cannot be sent. */
export type Entry = Place & ({ event: unknown } | { problem: string });

/** The input cannot be read any further. The message names the line and repeats nothing of it. */
export class BrokenInput extends Error {
  override readonly name = 'BrokenInput';

  /**
   * @param line where, from 1
   * @param problem what is wrong there
   */
  constructor(line: number, problem: string, options?: ErrorOptions) {
    super(`line ${line}: ${problem}`, options);
  }
}
