import { open } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';

/** The events' bytes. */
export interface Input {
  stream: Readable;
  /** How many bytes there are, if that is known. */
  bytes: number | undefined;
}

/**
 * Opens what events are read from.
 *
 * @param file a path, or `-` for standard input
 * @param signal ends the stream
 * @throws {Error} saying in a line why it cannot be read
 */
export async function openInput(file: string, signal: AbortSignal): Promise<Input> {
  if (file === '-') return { stream: addAbortSignal(signal, process.stdin), bytes: undefined };
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      error.code === 'ENOENT'
        ? `there is no file ${file}`
        : `${file} cannot be read (${error.code})`,
    );
  });
  const stats = await handle.stat();
  if (stats.isDirectory()) throw new Error(`${file} is a directory: expected a file`);
  const stream = addAbortSignal(signal, handle.createReadStream());
  return { stream, bytes: stats.isFile() ? stats.size : undefined };
}
