import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { readApiKey } from './api-key.ts';
import { createCallLog } from './call-log.ts';
import { addFaultRoutes } from './fault-routes.ts';
import { answerIdentify, unauthorized } from './identify-route.ts';
import { type LiveUpdatesDependencies, streamUpdates } from './live-updates.ts';
import { addPages } from './pages.ts';

/**
 * Creates the routes of the sandbox: Nat's intake and timelines, the faults, the log of calls and
 * the pages.
 *
 * @returns the routes, for a Node server
 */
export function createRoutes(dependencies: LiveUpdatesDependencies) {
  const { timelines, faults, apiUrl } = dependencies;
  const calls = createCallLog();
  const app = new Hono<{ Bindings: HttpBindings }>();

  app.post('/identify', (c) => answerIdentify(c, { timelines, faults, calls }));

  app.get('/timelines/:email', (c) => {
    const apiKey = readApiKey(c.req.header('authorization'));
    if (apiKey === undefined) return unauthorized(c);
    const contact = timelines.find(apiKey, c.req.param('email'));
    if (contact === undefined) return c.json({ message: 'this contact has no timeline' }, 404);
    const interactions = contact.interactions.map(({ day: _, ...rest }) => rest);
    return c.json({ contact: contact.email, interactions });
  });

  app.get('/calls', (c) => c.json(calls.list()));
  app.get('/calls/totals', (c) => c.json(calls.totals()));

  addFaultRoutes(app, faults);
  app.get('/stream', (c) => streamUpdates(c, dependencies));
  addPages(app, apiUrl);
  app.notFound((c) => c.json({ message: 'not found' }, 404));
  return app;
}
