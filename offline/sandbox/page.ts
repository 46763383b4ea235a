import { readFile } from 'node:fs/promises';
import type { Env, Hono } from 'hono';

// A list, not a folder: nothing else next to this file can ever be asked for.
const ASSETS = {
  'page.html': 'text/html',
  'page-theme.css': 'text/css',
  'page.css': 'text/css',
  'page-command.css': 'text/css',
  'page-contacts.css': 'text/css',
  'page-faults.css': 'text/css',
  'page.js': 'text/javascript',
  'page-command.js': 'text/javascript',
  'page-contacts.js': 'text/javascript',
  'page-faults.js': 'text/javascript',
  'icon.svg': 'image/svg+xml',
} as const;

// What senders put in is shown here, so the page may run and load its own files and nothing else.
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

const headersFor = (type: string) => ({
  'content-type': `${type}; charset=utf-8`,
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
});

/**
 * Adds the live page and the files it is made of, read from beside this one at each request, so
 * that an edit shows on reload.
 *
 * @param app where the routes are added
 */
export const servePage = <E extends Env>(app: Hono<E>): void => {
  for (const [file, type] of Object.entries(ASSETS)) {
    app.get(file === 'page.html' ? '/' : `/${file}`, async (c) => {
      const text = await readFile(new URL(file, import.meta.url), 'utf8');
      return c.body(text, 200, headersFor(type));
    });
  }
};
