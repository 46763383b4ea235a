import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createChanges } from './changes.ts';
import { createContacts } from './contacts.ts';
import { createDeliveries, type Deliveries } from './deliveries.ts';
import { createFaultSwitch } from './fault-switch.ts';
import type { FindTimeZone } from './identify-route.ts';
import type { ReadDelivery } from './request-events.ts';
import { createRequestLog, type RequestLog } from './request-log.ts';
import { createRoutes } from './routes.ts';
import { createTimelines } from './timelines.ts';

/** A running sandbox. Its intake is at `${url}/identify`. */
export interface Sandbox {
  url: string;
  port: number;
  /** What the page shows of the requests to the project's API. */
  requests: Pick<RequestLog, 'add'>;
  /** What the page shows of the project's ledger. */
  deliveries: Pick<Deliveries, 'set' | 'setDelivered' | 'remove'>;
  /** Closes open connections too. */
  close(): Promise<void>;
}

export interface SandboxOptions {
  /** The TCP port; 0 takes a free one. */
  port: number;
  /** Called for each call of the intake (default UTC for every account). */
  findTimeZone?: FindTimeZone;
  /** Reads the project's ledger, for a request that somebody looks at (default: it is empty). */
  readDelivery?: ReadDelivery;
  /** The address of the project's own API, which the pages show. */
  apiUrl?: string;
}

/**
 * Starts the Nat sandbox, for this machine only: Nat's documented intake, faults on request, and
 * pages that show its timelines and what the project does with the requests to its API. Everything
 * is in memory and lost when it closes.
 *
 * @throws {Error} the error of the listener, such as EADDRINUSE if the port is taken
 */
export async function startSandbox({
  port,
  findTimeZone = async () => 'UTC',
  readDelivery = async () => undefined,
  apiUrl = 'http://localhost:3000',
}: SandboxOptions): Promise<Sandbox> {
  const changes = createChanges();
  const contacts = createContacts(changes);
  const deliveries = createDeliveries(contacts, changes);
  const requests = createRequestLog(changes);
  const routes = createRoutes({
    ...{ changes, contacts, deliveries, requests, findTimeZone, readDelivery },
    timelines: createTimelines(contacts),
    faults: createFaultSwitch(changes),
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
    requests,
    deliveries,
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
