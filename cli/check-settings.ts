import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import { checkSettings } from '../lib/runtime/config.ts';

// Runs before `npm run package` and `npm run deploy`.
z.config(en());
try {
  checkSettings(process.env);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
