import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import type { Env, Hono } from 'hono';

const require = createRequire(import.meta.url);

const FOLDER = new URL('pages/', import.meta.url);

/** Each address and its file, so that nothing else can be requested. */
const FILES: Record<string, string | URL> = {
  '/': urlOf('index.html'),
  '/api': urlOf('api.html'),
  ...Object.fromEntries(
    readdirSync(FOLDER)
      .filter((name) => !name.endsWith('.html'))
      .map((name) => [`/${name}`, urlOf(name)]),
  ),
  '/swagger-ui.css': require.resolve('swagger-ui-dist/swagger-ui.css'),
  '/swagger-ui-bundle.js': require.resolve('swagger-ui-dist/swagger-ui-bundle.js'),
};

const CONTENT_TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};

/** The page shows what senders wrote, so it may load and run only its own files. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Swagger UI uses inline styles and images. Its page shows nothing that senders wrote. */
const API_CONTENT_SECURITY_POLICY = CONTENT_SECURITY_POLICY.replace(
  "style-src 'self'",
  "style-src 'self' 'unsafe-inline'",
).replace("img-src 'self'", "img-src 'self' data:");

/**
 * Adds the page of the timelines, and the page that describes the project's API. The files are read
 * at each request, so an edit shows after a reload.
 *
 * @param app gets the routes
 * @param apiUrl the address of the API
 */
export function addPages<E extends Env>(app: Hono<E>, apiUrl: string): void {
  for (const [path, file] of Object.entries(FILES)) {
    app.get(path, async (c) =>
      c.body(await readFile(file, 'utf8'), 200, {
        'content-type': `${CONTENT_TYPES[extname(String(file))]}; charset=utf-8`,
        'content-security-policy':
          path === '/api' ? API_CONTENT_SECURITY_POLICY : CONTENT_SECURITY_POLICY,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-cache',
      }),
    );
  }
  app.get('/openapi.json', async (c) => {
    const document = await readFile(new URL('../../openapi.json', import.meta.url), 'utf8');
    return c.json({ ...JSON.parse(document), servers: [{ url: apiUrl }] });
  });
}

function urlOf(name: string): URL {
  return new URL(name, FOLDER);
}
