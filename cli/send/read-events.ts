import { isUtf8 } from 'node:buffer';
import { JSONParser } from '@streamparser/json';
import { Rejection } from '../../lib/event/rejection.ts';
import { checkEventLimits } from '../../lib/intake/event-limits.ts';
import type { BatchResponse, ErrorResponse } from '../../lib/intake/response-schemas.ts';

const NEWLINE = 0x0a;
/** An event of 32 KB fits in such a line, even if every character is escaped. */
const MAX_LINE_BYTES = 1024 * 1024;
/** The parser keeps in memory what it has read since the last event. */
const MAX_BYTES_WITHOUT_EVENT = 16 * 1024 * 1024;

const EXPECTED_INPUT =
  'Expected one event per line, [event, …] or {"batch": [event, …]}. jq -c writes one event per line.';
/** For an input that is empty, or that is JSON in another layout. */
export const NO_EVENT = `There is no event in the input. ${EXPECTED_INPUT}`;
const INVALID_UTF8 = { code: 'utf8_invalid', message: 'The line is not valid UTF-8.' };
const INVALID_JSON = { code: 'json_invalid', message: 'The line is not valid JSON.' };

/** The result of an event. Its name is its place in the input: `line 12` or `event 12`. */
export type NamedResult = BatchResponse['results'][number] & { name: string };

/** An event to send, as JSON, or the result of an event that cannot be sent. */
export type InputEvent = { name: string; json: string } | NamedResult;

type Chunks = AsyncIterable<Uint8Array>;

/**
 * Reads events: one per line, `[event, …]` or `{"batch": [event, …]}`. They are named by their line
 * or their number. About one event at a time is in memory, so the input may have any size.
 *
 * @param source the input, in chunks of any size
 * @throws {Error} if the input is in another format, or if an array or a batch is not valid JSON.
 * The events before that place are returned first
 */
export async function* readEvents(source: Chunks): AsyncGenerator<InputEvent> {
  const rest = source[Symbol.asyncIterator]();
  const head = await readHead(rest);
  const [firstLine = ''] = textOf(head).split('\n', 1);
  refuseOtherFormats(firstLine);
  const chunks = concat(head, rest);
  if (firstLine.startsWith('[')) yield* readDocument(chunks, '$.*');
  else if (startsBatch(firstLine)) yield* readDocument(chunks, '$.batch.*');
  else yield* readLines(chunks);
}

/** Reads until the format is certain: to the end of the first line that is not blank. */
async function readHead(chunks: AsyncIterator<Uint8Array>): Promise<Buffer> {
  let head = Buffer.alloc(0);
  for (;;) {
    const text = textOf(head);
    if (/^\[|\n/.test(text) || text.length === MAX_LINE_BYTES) return head;
    const next = await chunks.next();
    if (next.done) return head;
    head = Buffer.concat([head, next.value]);
  }
}

/** Without blank lines and a byte-order mark at the beginning. */
function textOf(head: Buffer): string {
  return head.toString().trimStart().slice(0, MAX_LINE_BYTES);
}

async function* concat(head: Uint8Array, rest: AsyncIterator<Uint8Array>) {
  yield head;
  yield* { [Symbol.asyncIterator]: () => rest };
}

/** @throws {Error} for formats that would otherwise get an error per line */
function refuseOtherFormats(line: string): void {
  let format: string | undefined;
  if (line.startsWith('\x1f\ufffd'))
    format = 'gzip. Unpack it first: gunzip -c FILE | npm run send -- -';
  else if (line.includes('\0')) format = 'UTF-16. Convert it first: iconv -f UTF-16 -t UTF-8 FILE';
  else if (/^[^[\]{}]*[,;\t][^[\]{}]*$/.test(line)) format = `CSV. ${EXPECTED_INPUT}`;
  if (format !== undefined) throw new Error(`This looks like ${format}`);
}

function startsBatch(line: string): boolean {
  try {
    return Array.isArray(JSON.parse(line)?.batch);
  } catch {
    return line.startsWith('{') && /"batch"\s*:|[{[,:]\s*$/.test(line);
  }
}

async function* readLines(chunks: Chunks): AsyncGenerator<InputEvent> {
  let number = 0;
  for await (const line of splitLines(chunks)) {
    number += 1;
    const text = line.toString().trim();
    if (text !== '') yield readLine(`line ${number}`, line, text);
  }
}

/** Splits at newlines. Of a line that is too long, not much more than the limit is kept. */
async function* splitLines(chunks: Chunks): AsyncGenerator<Buffer> {
  let line = Buffer.alloc(0);
  for await (const chunk of chunks) {
    for (let start = 0, end = 0; ; start = end + 1) {
      end = chunk.indexOf(NEWLINE, start);
      const part = chunk.subarray(start, end === -1 ? undefined : end);
      if (line.length <= MAX_LINE_BYTES) line = Buffer.concat([line, part]);
      if (end === -1) break;
      yield line;
      line = Buffer.alloc(0);
    }
  }
  yield line;
}

function readLine(name: string, line: Buffer, text: string): InputEvent {
  if (line.length > MAX_LINE_BYTES) return reject(name, new Rejection('event_too_large'));
  if (!isUtf8(line)) return reject(name, INVALID_UTF8);
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    return reject(name, INVALID_JSON);
  }
  return toInputEvent(name, event);
}

/** @param path where the events are in the document, in the notation of the parser */
async function* readDocument(chunks: Chunks, path: string): AsyncGenerator<InputEvent> {
  const parser = new JSONParser({ paths: [path], keepStack: false });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const found: unknown[] = [];
  parser.onValue = ({ value }) => found.push(value);
  let count = 0;
  let bytesSinceEvent = 0;
  let problem: string | undefined;
  for await (const chunk of chunks) {
    try {
      parser.write(decoder.decode(chunk, { stream: true }));
    } catch {
      problem = 'the input is not valid JSON';
    }
    bytesSinceEvent = found.length > 0 ? 0 : bytesSinceEvent + chunk.length;
    if (bytesSinceEvent > MAX_BYTES_WITHOUT_EVENT) problem = 'the input has no event for 16 MB';
    for (const event of found.splice(0)) {
      count += 1;
      yield toInputEvent(`event ${count}`, event);
    }
    if (problem !== undefined) break;
  }
  if (problem === undefined && !parser.isEnded) problem = 'the input ends too early';
  if (problem !== undefined && count === 0) throw new Error(NO_EVENT);
  if (problem !== undefined) throw new Error(`After event ${count} ${problem}.`);
}

function toInputEvent(name: string, event: unknown): InputEvent {
  try {
    checkEventLimits(event);
    return { name, json: JSON.stringify(event) };
  } catch (error) {
    if (error instanceof Rejection) return reject(name, error);
    throw error;
  }
}

function reject(name: string, { code, message }: ErrorResponse): NamedResult {
  return { name, status: 'rejected', code, message };
}
