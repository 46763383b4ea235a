import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { readApiKey } from './api-key.ts';
import { createCallLog } from './call-log.ts';
import { readFault } from './fault.ts';
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

  app.get('/faults', (c) => c.json(faults.current()));
  app.put('/faults', async (c) => {
    const reading = readFault(await c.req.text());
    if (!reading.ok) return c.json({ message: reading.message }, 400);
    faults.set(reading.value);
    return c.json(reading.value);
  });
  app.delete('/faults', (c) => {
    faults.set(null);
    return c.body(null, 204);
  });

  app.get('/stream', (c) => streamUpdates(c, dependencies));
  addPages(app, apiUrl);
  app.notFound((c) => c.json({ message: 'not found' }, 404));
  return app;
}
