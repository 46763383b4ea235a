const NEWLINE = 0x0a;

/** A line of the input, or as much of it as came in one chunk. */
export interface Piece {
  /** Of the whole input, from 1. */
  line: number;
  /** With the newline, if it is there. */
  bytes: Uint8Array;
  /** Whether the newline is there. */
  endsLine: boolean;
  /** How many bytes of the input there are to the end of this piece. */
  readTo: number;
}

/**
 * Cuts the input at its newlines. A line that is longer than a chunk comes in several pieces, so
 * that nothing has to hold it whole.
 *
 * @param source the input, in chunks of any size
 */
export async function* piecesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Piece> {
  let line = 1;
  let readTo = 0;
  for await (const chunk of source) {
    for (let start = 0; start < chunk.length; ) {
      const newline = chunk.indexOf(NEWLINE, start);
      const endsLine = newline !== -1;
      const bytes = chunk.subarray(start, endsLine ? newline + 1 : chunk.length);
      start += bytes.length;
      readTo += bytes.length;
      yield { line, bytes, endsLine, readTo };
      if (endsLine) line += 1;
    }
  }
}
