import { readFile } from 'node:fs/promises';
import type { Env, Hono } from 'hono';
import { headersFor } from './page.ts';

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
      const url = new URL(import.meta.resolve(`swagger-ui-dist/${file}`));
      return c.body(await readFile(url, 'utf8'), 200, headersFor(type));
    });
  }
};
