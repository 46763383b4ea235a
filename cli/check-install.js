// Loaded before every script, and plain JavaScript on purpose: the Node of a bare machine runs it, too.
import { existsSync } from 'node:fs';

const INSTALLED = new URL('../node_modules/.package-lock.json', import.meta.url);

if (!existsSync(INSTALLED)) stop('The dependencies are not installed. Run: npm ci');
if (!process.features.typescript) {
  stop(
    `Node ${process.versions.node} cannot run TypeScript. npm installs a Node that can, unless scripts ` +
      'of packages are switched off. Run: npm ci --ignore-scripts=false',
  );
}

/** @param {string} problem */
function stop(problem) {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}
