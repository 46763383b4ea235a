import { Rejection } from '../../lib/event/rejection.ts';
import type { Entry } from './entry.ts';
import type { Piece } from './pieces.ts';

/** What is kept of a line. An event of 32 KB is far shorter, even if every character is escaped. */
const LONGEST_LINE_BYTES = 1024 * 1024;

/**
 * Reads one event a line. Blank lines are skipped; a byte-order mark and CRLF do no harm. A line
 * that cannot be sent is a problem of its own, and reading goes on.
 *
 * @param pieces the input
 */
export async function* readLines(pieces: AsyncIterable<Piece>): AsyncGenerator<Entry> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let last: Piece | undefined;
  for await (const piece of pieces) {
    last = piece;
    length += piece.bytes.length;
    if (length <= LONGEST_LINE_BYTES) parts.push(piece.bytes);
    if (!piece.endsLine) continue;
    yield* entriesIn(parts, length, piece);
    parts = [];
    length = 0;
  }
  if (last !== undefined && !last.endsLine) yield* entriesIn(parts, length, last);
}

function* entriesIn(
  parts: Uint8Array[],
  length: number,
  { line, readTo }: Piece,
): Generator<Entry, void> {
  if (length > LONGEST_LINE_BYTES) {
    yield { line, readTo, problem: 'the line: expected at most 1 MB' };
    return;
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts));
  } catch {
    yield { line, readTo, problem: 'the line: expected UTF-8 text' };
    return;
  }
  if (text.trim() === '') return;
  yield { line, readTo, ...eventIn(text) };
}

/** What the parser would pass over, such as a field twice, is for the sender to mend. */
function eventIn(text: string): { event: unknown } | { problem: string } {
  try {
    return { event: JSON.parse(text) };
  } catch (error) {
    const problem = 'the line: expected an event as JSON';
    return { problem: error instanceof Rejection ? error.message : problem };
  }
}
