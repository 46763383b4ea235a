import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openApiDocument } from './openapi/document.ts';

const HELP = `npm run openapi [-- --check]: writes openapi.json

  --check  writes nothing, and fails if openapi.json is not what would be written
`;
const FILE = new URL('../openapi.json', import.meta.url);

const { values } = parseArgs({
  options: { check: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
});
if (values.help) process.stdout.write(HELP);
else {
  const text = `${JSON.stringify(openApiDocument(), null, 2)}\n`;
  if (!values.check) writeFileSync(FILE, text);
  else if (readFileSync(FILE, 'utf8') !== text) {
    process.stderr.write('openapi.json is stale: npm run openapi\n');
    process.exitCode = 1;
  }
}
