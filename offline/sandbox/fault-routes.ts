import type { Context, Env, Hono } from 'hono';
import { readFault, toFaultView } from './fault.ts';
import type { FaultSwitch } from './fault-switch.ts';

/** The name of the fault that `PUT /faults` sets. */
const DEFAULT_NAME = 'default';
const NAME = /^[\w.-]{1,64}$/;

/**
 * Adds the routes that set and end faults:
 *
 * - `GET /faults` lists the faults that are set
 * - `PUT /faults/NAME` sets one, `DELETE /faults/NAME` ends it
 * - `PUT /faults` sets the one with the name `default`, `DELETE /faults` ends all
 *
 * No answer contains an API key.
 */
export function addFaultRoutes<E extends Env>(app: Hono<E>, faults: FaultSwitch): void {
  app.get('/faults', (c) => c.json(faults.list()));
  app.put('/faults', (c) => setFault(c, DEFAULT_NAME));
  app.put('/faults/:name', (c) => setFault(c, c.req.param('name')));
  app.delete('/faults', (c) => {
    faults.endAll();
    return c.body(null, 204);
  });
  app.delete('/faults/:name', (c) =>
    faults.end(c.req.param('name'))
      ? c.body(null, 204)
      : c.json({ message: 'there is no fault with this name' }, 404),
  );

  async function setFault(c: Context, name: string): Promise<Response> {
    if (!NAME.test(name)) {
      const message = 'the name of a fault: expected 1 to 64 letters, digits, ".", "_" or "-"';
      return c.json({ message }, 400);
    }
    const reading = readFault(await c.req.text());
    if (!reading.ok) return c.json({ message: reading.message }, 400);
    faults.set(name, reading.value);
    return c.json(toFaultView(reading.value));
  }
}
