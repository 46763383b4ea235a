import { readDocument } from './document.ts';
import { createDocumentParser } from './document-parser.ts';
import type { Entry } from './entry.ts';
import { readLines } from './lines.ts';
import { type Piece, piecesOf } from './pieces.ts';

/** How much of the first line is looked at to tell the forms apart. */
const HEAD_BYTES = 64 * 1024;

/**
 * Reads events in any of the forms: one a line, `[event, …]`, `{"batch": [event, …]}`, or events in
 * any layout one after another. Holds no more than about one event at a time.
 *
 * @param source the input, in chunks of any size
 * @returns the events in order, each with its line; what cannot be sent is among them, as a problem
 * @throws {BrokenInput} where a JSON document stops being JSON; an input of one event a line has no
 * such place
 */
export async function* readEvents(source: AsyncIterable<Uint8Array>): AsyncGenerator<Entry> {
  const pieces = piecesOf(source);
  const head = await readHead(pieces);
  const read = isOneALine(head) ? readLines : readDocument;
  yield* read(oneAfterTheOther(head, pieces));
}

/** The first line that is not blank, or the beginning of it. */
async function readHead(pieces: AsyncGenerator<Piece>): Promise<Piece[]> {
  let head: Piece[] = [];
  let length = 0;
  while (length <= HEAD_BYTES) {
    const { value: piece, done } = await pieces.next();
    if (done) return head;
    head.push(piece);
    length += piece.bytes.length;
    if (!piece.endsLine) continue;
    if (length > HEAD_BYTES || textOf(head) !== '') return head;
    head = [];
    length = 0;
  }
  return head;
}

/**
 * The first line decides. If it is an event, or is no beginning of JSON either, every line stands
 * for itself. If it is a list of events, or JSON that goes on in the next line, it is a document.
 */
function isOneALine(head: Piece[]): boolean {
  const text = textOf(head);
  if (text.startsWith('[')) return false;
  // Further than this the answer would depend on how the input was cut into chunks.
  if (bytesOf(head).length > HEAD_BYTES) return !text.startsWith('{');
  const parser = createDocumentParser();
  const { found, error } = parser.read(bytesOf(head), 1);
  if (parser.hasList()) return false;
  return error !== undefined || (!parser.isInside() && found.length <= 1);
}

/** Trimmed of white space and of a byte-order mark, which counts as such. */
function textOf(head: Piece[]): string {
  return bytesOf(head).subarray(0, HEAD_BYTES).toString().trim();
}

function bytesOf(head: Piece[]): Buffer {
  return Buffer.concat(head.map(({ bytes }) => bytes));
}

async function* oneAfterTheOther(
  head: Piece[],
  rest: AsyncGenerator<Piece>,
): AsyncGenerator<Piece> {
  yield* head;
  yield* rest;
}
