import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { playDay } from '../../offline/demo/play-day.ts';
import { launchBrowser } from '../end-to-end/browser.ts';
import { startFreshStack } from '../end-to-end/fresh-stack.ts';

const HELP = `npm run pictures

Makes the pictures of the documents: plays the day of \`npm run demo\` and photographs the page.
`;

const SIZE = { width: 1200, height: 750 };
const IMAGES = new URL('../../docs/images/', import.meta.url);

if (process.argv.includes('--help')) process.stdout.write(HELP);
else await makePictures();

async function makePictures(): Promise<void> {
  const stack = await startFreshStack();
  const browser = await launchBrowser();
  try {
    await playDay(stack, (line) => process.stdout.write(`${line}\n`), 0);
    await photograph(browser, stack.natUrl, 'timelines.png', 'ada@example.com');
    await photograph(browser, `${stack.natUrl}/?view=requests`, 'requests.png', 'rejected');
  } finally {
    await browser.close();
    await stack.stop();
  }
}

/** @param text is on the page when it is complete */
async function photograph(browser: Browser, url: string, file: string, text: string) {
  const page = await browser.newPage({ viewport: SIZE, deviceScaleFactor: 1.5 });
  await page.goto(url);
  await page.getByText(text).filter({ visible: true }).first().waitFor();
  const path = fileURLToPath(new URL(file, IMAGES));
  await page.screenshot({ path });
  process.stdout.write(`${path}\n`);
  await page.close();
}
