import { randomInt } from 'node:crypto';
import getPort from 'get-port';

/** Linux hands out ports from 32768 on to whoever asks for any; macOS and Windows from 49152 on. */
const FIRST_PORT = 20_000;
const END_OF_PORTS = 32_768;
const TRIES = 20;

/**
 * Finds a port of the loopback interface for a server that starts later. The system gives it to
 * nobody meanwhile: the port is not among those that it hands out to clients, and to servers that
 * listen on port 0.
 *
 * @throws {Error} if all tries find ports that are taken
 */
export async function findFreePort(): Promise<number> {
  const candidates = Array.from({ length: TRIES }, () => randomInt(FIRST_PORT, END_OF_PORTS));
  const port = await getPort({ port: candidates });
  if (port < END_OF_PORTS) return port;
  throw new Error(`no free port between ${FIRST_PORT} and ${END_OF_PORTS}`);
}
