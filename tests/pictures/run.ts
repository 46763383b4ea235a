import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { playDay } from '../../offline/demo/play-day.ts';
import { launchBrowser } from '../end-to-end/browser.ts';
import { startFreshStack } from '../end-to-end/fresh-stack.ts';
import { readDashboard } from '../output/dashboard-widgets.ts';
import { readSamples, toGraph } from './series.ts';

const HELP = `npm run pictures

Makes the pictures of the documents: plays the day of \`npm run demo\`, photographs the page, and draws
the dashboard with the metrics of that day.
`;

/** One period of the dashboard. */
const HOUR_MS = 1000;
const SIZE = { width: 1200, height: 750 };
const IMAGES = new URL('../../docs/images/', import.meta.url);

if (process.argv.includes('--help')) process.stdout.write(HELP);
else await makePictures();

async function makePictures(): Promise<void> {
  // The functions print metrics only if they have a namespace.
  process.env.METRICS_NAMESPACE = 'Nat/local';
  const stack = await startFreshStack();
  const browser = await launchBrowser();
  try {
    await playDay(stack, (line) => process.stdout.write(`${line}\n`), HOUR_MS);
    await photograph(browser, stack.natUrl, 'timelines.png', 'ada@example.com');
    await photograph(browser, `${stack.natUrl}/?view=requests`, 'requests.png', 'rejected');
    await drawDashboard(browser, stack.lines);
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

/** @param logLines what the functions printed */
async function drawDashboard(browser: Browser, logLines: string[]): Promise<void> {
  const samples = readSamples(logLines);
  const graphs = readDashboard().map((widget) => toGraph(widget, samples));
  // The library formats numbers for the language of the browser, which a bare machine does not have.
  const page = await browser.newPage({ viewport: SIZE, deviceScaleFactor: 1.5, locale: 'en-US' });
  await page.goto(new URL('dashboard.html', import.meta.url).href);
  await page.addStyleTag({ path: fileURLToPath(import.meta.resolve('uplot/dist/uPlot.min.css')) });
  await page.addScriptTag({
    path: fileURLToPath(import.meta.resolve('uplot/dist/uPlot.iife.min.js')),
  });
  // `draw` is a function of the page.
  await page.evaluate(`draw(${JSON.stringify(graphs)})`);
  const path = fileURLToPath(new URL('dashboard.png', IMAGES));
  await page.screenshot({ path, fullPage: true });
  process.stdout.write(`${path}\n`);
  await page.close();
}
