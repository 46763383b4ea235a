import { createDocumentParser } from './document-parser.ts';
import { BrokenInput, type Entry } from './entry.ts';
import type { Piece } from './pieces.ts';

/** How far the parser reads without coming upon the end of an event: it has to hold all of it. */
const LARGEST_EVENT_BYTES = 16 * 1024 * 1024;

/**
 * Reads JSON documents, which may have any layout: `[event, …]`, `{"batch": [event, …]}` or an
 * event; several may follow one another, as jq prints them.
 *
 * @param pieces the input
 * @throws {BrokenInput} if it is not JSON, once everything before that has been given
 */
export async function* readDocument(pieces: AsyncIterable<Piece>): AsyncGenerator<Entry> {
  const parser = createDocumentParser();
  let line = 1;
  let readTo = 0;
  let foundTo = 0;
  for await (const piece of pieces) {
    ({ line, readTo } = piece);
    const { found, error } = parser.read(piece.bytes, line);
    for (const one of found) yield { ...one, readTo };
    if (error !== undefined) throw new BrokenInput(line, 'is not JSON', { cause: error });
    if (found.length > 0) foundTo = readTo;
    if (readTo - foundTo > LARGEST_EVENT_BYTES) {
      throw new BrokenInput(line, 'no event ends within 16 MB: expected a list of events');
    }
  }
  const { found, error } = parser.end();
  for (const one of found) yield { ...one, readTo };
  if (error !== undefined) {
    throw new BrokenInput(line, 'the JSON is cut off here', { cause: error });
  }
}
