import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Env, Hono } from 'hono';
import { headersFor } from './pages.ts';

const require = createRequire(import.meta.url);

/** Of `swagger-ui-dist`, which has its own copy of what it needs. */
const RENDERER = { 'swagger-ui.css': 'text/css', 'swagger-ui-bundle.js': 'text/javascript' };

/**
 * Adds the description of the project's API and the page that renders it.
 *
 * @param app where the routes are added
 * @param apiUrl where the API is
 */
export const serveApiPage = <E extends Env>(app: Hono<E>, apiUrl: string): void => {
  app.get('/openapi.json', async (c) => {
    const text = await readFile(new URL('../../openapi.json', import.meta.url), 'utf8');
    return c.json({ ...JSON.parse(text), servers: [{ url: apiUrl }] });
  });
  for (const [file, type] of Object.entries(RENDERER)) {
    app.get(`/${file}`, async (c) => {
      const text = await readFile(require.resolve(`swagger-ui-dist/${file}`), 'utf8');
      return c.body(text, 200, headersFor(type));
    });
  }
};
