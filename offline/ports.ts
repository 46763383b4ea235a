import { once } from 'node:events';
import { createServer } from 'node:net';
import { isBadPort } from '../lib/runtime/nat-api-url.ts';
import { SettingError } from './setting-error.ts';

const MAX_PORT = 65_535;
/** Lower ports belong to the system. */
const MIN_UNPRIVILEGED_PORT = 1024;
/** The two addresses of `localhost`: a client may try either first. */
const LOOPBACK_ADDRESSES = ['127.0.0.1', '::1'];

/**
 * Checks that the stack can use its ports, before anything starts.
 *
 * @param ports the ports by the option of `npm start` that sets each
 * @throws {SettingError} if two ports are the same, or one is taken, not permitted, or blocked by
 * `fetch`; the message shows a command that works
 */
export async function checkPorts(ports: Record<string, number>): Promise<void> {
  const optionByPort = new Map<number, string>();
  for (const [option, port] of Object.entries(ports)) {
    const other = optionByPort.get(port);
    const problem = other === undefined ? await problemWith(port) : `is the same as ${other}`;
    if (problem !== undefined) {
      const free = await findFreePort(port + 1, Object.values(ports));
      throw new SettingError(
        `${option}: port ${port} ${problem}. Choose another one: npm start -- ${option} ${free}`,
      );
    }
    optionByPort.set(port, option);
  }
}

async function findFreePort(first: number, excluded: number[]): Promise<number> {
  for (let port = Math.max(first, MIN_UNPRIVILEGED_PORT); port <= MAX_PORT; port += 1) {
    if (!excluded.includes(port) && (await problemWith(port)) === undefined) return port;
  }
  return findFreePort(MIN_UNPRIVILEGED_PORT, excluded);
}

async function problemWith(port: number): Promise<string | undefined> {
  for (const address of LOOPBACK_ADDRESSES) {
    const problem = await listenProblem(port, address);
    if (problem !== undefined) return problem;
  }
  return isBadPort(port) ? 'is blocked by browsers and by fetch' : undefined;
}

async function listenProblem(port: number, address: string): Promise<string | undefined> {
  // A client that waits for the port must not keep this server open.
  const server = createServer((socket) => socket.destroy()).listen(port, address);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') return 'is taken';
    if (code === 'EACCES') return 'needs more permissions';
    // Not every machine has both addresses.
    if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') return undefined;
    throw error;
  }
  server.close();
  await once(server, 'close');
  return undefined;
}
