import { isUtf8 } from 'node:buffer';
import { JSONParser } from '@streamparser/json';
import { Rejection } from '../../lib/event/rejection.ts';
import { checkEventLimits } from '../../lib/intake/event-limits.ts';
import type { ErrorResponse } from '../../lib/intake/response.ts';
import type { NamedResult } from './send-events.ts';

const NEWLINE = 0x0a;
/** What is kept of a line. An event of 32 KB fits, even if every character is escaped. */
const MAX_LINE_BYTES = 1024 * 1024;
/** How far to read without the end of an event. The parser keeps all of that in memory. */
const MAX_BYTES_PER_EVENT = 16 * 1024 * 1024;

/** Tells the user what the input should be. */
export const EXPECTED_INPUT =
  'Expected one event per line, [event, …] or {"batch": [event, …]}. jq -c writes one event per line.';
const INVALID_UTF8 = { code: 'utf8_invalid', message: 'The line is not valid UTF-8.' };
const INVALID_JSON = { code: 'json_invalid', message: 'The line is not valid JSON.' };

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
  const format = nameOtherFormat(firstLine);
  if (format !== undefined) throw new Error(`This looks like ${format}`);
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

/** Names the formats that would otherwise get an error per line. */
function nameOtherFormat(line: string): string | undefined {
  if (line.startsWith('\x1f\ufffd')) {
    return 'gzip. Unpack it first: gunzip -c FILE | npm run send -- -';
  }
  if (line.includes('\0')) {
    return 'UTF-16. Convert it first: iconv -f UTF-16 -t UTF-8 FILE | npm run send -- -';
  }
  return /^[^[\]{}]*[,;\t][^[\]{}]*$/.test(line) ? `CSV. ${EXPECTED_INPUT}` : undefined;
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

/** Splits at newlines. A line that is too long is cut off one byte after the limit. */
async function* splitLines(chunks: Chunks): AsyncGenerator<Buffer> {
  let line = Buffer.alloc(0);
  for await (const chunk of chunks) {
    for (let start = 0; ; ) {
      const newline = chunk.indexOf(NEWLINE, start);
      const end = newline === -1 ? chunk.length : newline;
      const room = MAX_LINE_BYTES + 1 - line.length;
      line = Buffer.concat([line, chunk.subarray(start, Math.min(end, start + room))]);
      if (newline === -1) break;
      yield line;
      line = Buffer.alloc(0);
      start = newline + 1;
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
    if (bytesSinceEvent > MAX_BYTES_PER_EVENT) problem = 'no event ends within 16 MB';
    for (const event of found.splice(0)) {
      count += 1;
      yield toInputEvent(`event ${count}`, event);
    }
    if (problem !== undefined) break;
  }
  if (problem === undefined && !parser.isEnded) problem = 'the input ends too early';
  if (problem !== undefined) throw new Error(`After event ${count} ${problem}. ${EXPECTED_INPUT}`);
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
