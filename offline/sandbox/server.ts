import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createFaultSwitch } from './fault-switch.ts';
import { createRoutes } from './routes.ts';
import { createTimelines } from './timelines.ts';

/** A running sandbox. Its intake is at `${url}/identify`. */
export interface Sandbox {
  url: string;
  port: number;
  /** Closes open connections too. */
  close(): Promise<void>;
}

export interface SandboxOptions {
  /** The TCP port; 0 takes a free one. */
  port: number;
  /** Gives the IANA time zone in which the account of an API key counts its days (default UTC). */
  timeZones?: (apiKey: string) => string;
  /** The address of the project's own API, which the pages show. */
  apiUrl?: string;
}

/**
 * Starts the Nat sandbox, for this machine only: Nat's documented intake, its timelines to look at,
 * and faults on request. Everything is in memory and lost when it closes.
 *
 * @throws {Error} the error of the listener, such as EADDRINUSE if the port is taken
 */
export async function startSandbox({
  port,
  timeZones = () => 'UTC',
  apiUrl = 'http://localhost:3000',
}: SandboxOptions): Promise<Sandbox> {
  const routes = createRoutes({
    timelines: createTimelines(timeZones),
    faults: createFaultSwitch(),
    apiUrl: apiUrl.replace(/\/+$/, ''),
  });
  const server = createServer(getRequestListener(routes.fetch));
  server.listen(port, '127.0.0.1');
  // If the server emits an error instead, `once` throws it.
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address');
  return {
    url: `http://localhost:${address.port}`,
    port: address.port,
    close: () => close(server),
  };
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  // Open pages and clients that keep their connections would keep the server open.
  server.closeAllConnections();
  await closed;
}
