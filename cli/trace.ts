import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { stdin, stdout } from 'node:process';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';

/** A position in a bundle, as a stack trace of Lambda has it. */
const POSITION = /(?:\/var\/task\/)?(functions\/\w+\.js):(\d+):(\d+)/g;

await new Command('npm run trace --')
  .description(
    'Reads a stack trace or log lines from standard input, and puts the lines of the source in place ' +
      'of the positions in a bundle. Check out the commit that is deployed and run npm run package first.',
  )
  .option('--maps <folder>', 'where the source maps are', '.serverless/source-maps')
  .action(async ({ maps }: { maps: string }) => {
    const trace = await text(stdin);
    stdout.write(
      trace.replace(POSITION, (position, bundle: string, line: string, column: string) => {
        const file = join(maps, `${bundle}.map`);
        if (!existsSync(file)) return position;
        const map = new SourceMap(JSON.parse(readFileSync(file, 'utf8')));
        // Positions in a stack trace begin at 1, those of SourceMap at 0.
        const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
        if (!('originalSource' in entry)) return position;
        const source = entry.originalSource.replace(/^(?:\.\.\/)+/, '');
        return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
      }),
    );
  })
  .parseAsync();
