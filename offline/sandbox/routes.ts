import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { readApiKey } from './api-key.ts';
import { createCallLog } from './call-log.ts';
import type { Changes } from './changes.ts';
import { addContactRoutes } from './contact-routes.ts';
import type { Contacts } from './contacts.ts';
import { addFaultRoutes } from './fault-routes.ts';
import type { FaultSwitch } from './fault-switch.ts';
import { answerIdentify, type IntakeDependencies, unauthorized } from './identify-route.ts';
import { streamUpdates } from './live-updates.ts';
import { addPages } from './pages.ts';
import { addRequestRoutes, type RequestRoutesDependencies } from './request-routes.ts';

/** What the routes work with. */
export interface RoutesDependencies
  extends RequestRoutesDependencies,
    Omit<IntakeDependencies, 'calls'> {
  contacts: Contacts;
  faults: FaultSwitch;
  changes: Changes;
}

/**
 * Creates the routes of the sandbox: Nat's intake and timelines, the faults, the log of calls, and
 * the pages with what they read.
 *
 * @returns the routes, for a Node server
 */
export function createRoutes(dependencies: RoutesDependencies) {
  const { contacts, timelines, faults, apiUrl } = dependencies;
  const calls = createCallLog();
  const app = new Hono<{ Bindings: HttpBindings }>();

  app.post('/identify', (c) => answerIdentify(c, { ...dependencies, calls }));

  app.get('/timelines/:email', (c) => {
    const apiKey = readApiKey(c.req.header('authorization'));
    if (apiKey === undefined) return unauthorized(c);
    const contact = timelines.find(apiKey, c.req.param('email'));
    if (contact === undefined) return c.json({ message: 'this contact has no timeline' }, 404);
    const interactions = contact.interactions.map(({ timestamp, description, idempotencyKey }) => ({
      timestamp,
      description,
      idempotencyKey,
    }));
    return c.json({ contact: contact.email, interactions });
  });

  app.get('/calls', (c) => c.json(calls.list()));
  app.get('/calls/totals', (c) => c.json(calls.totals()));

  addFaultRoutes(app, faults);
  addContactRoutes(app, contacts);
  addRequestRoutes(app, dependencies);
  app.get('/stream', (c) => streamUpdates(c, dependencies));
  addPages(app, apiUrl);
  app.notFound((c) => c.json({ message: 'not found' }, 404));
  return app;
}
