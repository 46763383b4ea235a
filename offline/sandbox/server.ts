import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createFaultSwitch } from './fault-switch.ts';
import { createRoutes } from './routes.ts';
import { createTimelines } from './timelines.ts';

/** A running sandbox; its intake is at `${url}/identify`. */
export type Sandbox = { url: string; port: number; close(): Promise<void> };

export type SandboxOptions = {
  /** The TCP port; 0 takes a free one. */
  port: number;
  /** The address to listen on; only this machine unless said otherwise. */
  host?: string;
  /** The IANA zone in which the account of an API key counts its days; UTC unless given. */
  timeZones?: (apiKey: string) => string;
  /** The project's own API, for the command the empty page offers. */
  apiUrl?: string;
};

/**
 * Starts the Nat sandbox: Nat's documented intake, its timelines to look at, and faults on
 * request. Everything is in memory and gone when it closes.
 *
 * @param options where it listens, and how its accounts count days
 * @returns the running sandbox; `close` ends open connections too
 * @throws the listener's own error, such as EADDRINUSE for a taken port
 */
export const startSandbox = async ({
  port,
  host = '127.0.0.1',
  timeZones = () => 'UTC',
  apiUrl = 'http://localhost:3000',
}: SandboxOptions): Promise<Sandbox> => {
  const routes = createRoutes({
    timelines: createTimelines(timeZones),
    faults: createFaultSwitch(),
    apiUrl: apiUrl.replace(/\/+$/, ''),
  });
  const server = createServer(getRequestListener(routes.fetch));
  server.listen(port, host);
  // Rejects with the error when the server emits one first.
  await once(server, 'listening');
  const taken = portOf(server);
  return { url: `http://${nameOf(host)}:${taken}`, port: taken, close: () => closeNow(server) };
};

const portOf = (server: Server): number => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on TCP');
  return address.port;
};

const LOCAL_HOSTS = ['127.0.0.1', '0.0.0.0', '::1', '::'];

const nameOf = (host: string): string => {
  if (LOCAL_HOSTS.includes(host)) return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
};

const closeNow = async (server: Server): Promise<void> => {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  // Live pages and kept-alive clients would hold the server open for as long as they please.
  server.closeAllConnections();
  await closed;
};
