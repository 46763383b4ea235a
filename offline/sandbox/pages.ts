import { readFile } from 'node:fs/promises';
import type { Env, Hono } from 'hono';

// A list, not a folder: nothing else next to this file can ever be asked for.
const ASSETS = {
  'index.html': 'text/html',
  'theme.css': 'text/css',
  'layout.css': 'text/css',
  'command.css': 'text/css',
  'contacts.css': 'text/css',
  'faults.css': 'text/css',
  'index.js': 'text/javascript',
  'command.js': 'text/javascript',
  'contacts.js': 'text/javascript',
  'faults.js': 'text/javascript',
  'icon.svg': 'image/svg+xml',
  'api.html': 'text/html',
  'api.js': 'text/javascript',
} as const;

// A page has a name of its own.
const PATHS: Partial<Record<string, string>> = { 'index.html': '/', 'api.html': '/api' };

// What senders put in is shown here, so a page may run and load its own files and nothing else.
const contentSecurityPolicy = (inlineStyle: boolean): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self'${inlineStyle ? " 'unsafe-inline'" : ''}`,
    `img-src 'self'${inlineStyle ? ' data:' : ''}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/**
 * The headers of a file of the sandbox.
 *
 * @param type its content type, without a charset
 * @param inlineStyle whether it is a page that styles and draws inline, and shows nothing of senders
 */
export const headersFor = (type: string, inlineStyle = false) => ({
  'content-type': `${type}; charset=utf-8`,
  'content-security-policy': contentSecurityPolicy(inlineStyle),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
});

/**
 * Adds the pages and the files they are made of, read from beside this one at each request, so
 * that an edit shows on reload.
 *
 * @param app where the routes are added
 */
export const servePage = <E extends Env>(app: Hono<E>): void => {
  for (const [file, type] of Object.entries(ASSETS)) {
    app.get(PATHS[file] ?? `/${file}`, async (c) => {
      const text = await readFile(new URL(`pages/${file}`, import.meta.url), 'utf8');
      return c.body(text, 200, headersFor(type, file === 'api.html'));
    });
  }
};
