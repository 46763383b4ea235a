import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { apiKeyOf } from './api-key.ts';
import { serveApiPage } from './api-page.ts';
import { type Call, createCalls } from './call-log.ts';
import { readFaults } from './fault-switch.ts';
import { readIdentify } from './identify-call.ts';
import { type Stores, streamChanges } from './live-updates.ts';
import { servePage } from './pages.ts';
import type { TakeResult, Timelines } from './timelines.ts';

type Env = { Bindings: HttpBindings };

/**
 * Puts Nat's interface and the sandbox's own together: the intake, the timelines, the faults, the
 * calls so far, and the live page.
 *
 * @param sources the stores to serve, empty or not
 * @returns the routes, to be mounted on a Node server
 */
export const createRoutes = (sources: Stores): Hono<Env> => {
  const { timelines, faults } = sources;
  const calls = createCalls();
  const app = new Hono<Env>();

  app.post('/identify', async (c) => {
    const at = new Date().toISOString();
    const body = await c.req.text();
    const misbehaviour = await faults.nextFault();
    const { response, taken }: Outcome =
      misbehaviour instanceof Response ? { response: misbehaviour } : takeIn(timelines, c, body);
    if (misbehaviour === 'take and drop') c.env.incoming.socket.destroy();
    const unheard = c.env.incoming.socket.destroyed;
    calls.add(callOf(c, at, unheard ? 'dropped' : response.status), taken);
    return unheard ? RESPONSE_ALREADY_SENT : response;
  });

  app.get('/timelines/:email', (c) => {
    const apiKey = apiKeyOf(c.req.header('authorization'));
    if (apiKey === undefined) return unauthorized(c);
    const contact = timelines.find(apiKey, c.req.param('email'));
    if (contact === undefined) return c.json({ message: 'no timeline for that email' }, 404);
    const interactions = contact.interactions.map(({ day: _, ...rest }) => rest);
    return c.json({ contact: contact.email, interactions });
  });

  app.get('/calls', (c) => c.json(calls.all()));
  app.get('/calls/totals', (c) => c.json(calls.totals()));

  app.get('/faults', (c) => c.json(faults.current()));
  app.put('/faults', async (c) => {
    const read = readFaults(await c.req.text());
    if (!read.ok) return c.json({ message: read.message }, 400);
    faults.set(read.faults);
    return c.json(read.faults);
  });
  app.delete('/faults', (c) => {
    faults.set(null);
    return c.body(null, 204);
  });

  app.get('/stream', streamChanges(sources));
  servePage(app);
  serveApiPage(app, sources.apiUrl);
  app.notFound((c) => c.json({ message: 'not found' }, 404));
  return app;
};

/** What a call is answered, and what it did if it was taken. */
type Outcome = { response: Response; taken?: TakeResult['status'] };

const takeIn = (timelines: Timelines, c: Context<Env>, body: string): Outcome => {
  const apiKey = apiKeyOf(c.req.header('authorization'));
  if (apiKey === undefined) return { response: unauthorized(c) };
  const reading = readIdentify(body);
  if (!reading.ok) return { response: c.json({ message: reading.message }, 400) };
  const answer = timelines.record(apiKey, reading.identified, idempotencyKeyOf(c));
  return { response: c.json(answer, 200), taken: answer.status };
};

const unauthorized = (c: Context<Env>): Response =>
  c.json({ message: 'an API key is required: HTTP Basic user name, or Bearer' }, 401, {
    'www-authenticate': 'Basic realm="Nat"',
  });

// An empty header is no key: otherwise every such call would count as the same one.
const idempotencyKeyOf = (c: Context<Env>): string | undefined =>
  c.req.header('idempotency-key')?.trim() || undefined;

const callOf = (c: Context<Env>, at: string, status: Call['status']): Call => ({
  at,
  status,
  idempotencyKey: idempotencyKeyOf(c) ?? null,
  userAgent: c.req.header('user-agent') ?? null,
});
