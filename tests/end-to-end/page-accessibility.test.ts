import axe, { type AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest';
import { launchBrowser } from './browser.ts';
import { recommended, send, someone } from './client.ts';

let browser: Browser;
const mark = someone();

beforeAll(async () => {
  browser = await launchBrowser();
  const email = someone();
  const url = `https://example.com/${mark}/${'long/'.repeat(100)}`;
  const batch = [recommended(email, { page: { url } }), recommended(email), { type: 'track' }, {}];
  await send({ batch, context: { mark } }, { path: '/v1/batch' });
});

afterAll(() => browser.close());

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

const VIEWS: Record<string, { path: () => string; open: (page: Page) => Promise<void> }> = {
  timelines: {
    path: () => `/?search=${mark}`,
    open: async (page) => {
      await page.locator('[data-interaction]').first().waitFor();
      await openPanels(page);
    },
  },
  requests: {
    path: () => `/?view=requests&search=${mark}`,
    open: async (page) => {
      await page.locator('.request-row').first().click();
      await page.locator('.event').nth(3).waitFor();
      await openPanels(page);
    },
  },
  'the API': {
    path: () => '/api',
    open: async (page) => {
      await page.getByText('/v1/identify', { exact: true }).click();
      await page.getByText('one email address such as name@example.com').first().waitFor();
    },
  },
};

/** The page has followed the colour scheme, and nothing fades any more. */
const COLOURS_SETTLED = `new Promise(requestAnimationFrame).then(() =>
  Promise.allSettled(document.getAnimations().map(({ finished }) => finished)))`;

const SCREENS = [
  { width: 1280, colorScheme: 'light' },
  { width: 390, colorScheme: 'dark' },
] as const;

it.each(Object.keys(VIEWS))(
  '%s: axe-core finds nothing serious, light and wide, or dark and narrow',
  async (name) => {
    const view = VIEWS[name];
    if (view === undefined) throw new Error('there is no such view');
    const page = await browser.newPage();
    await page.goto(inject('natUrl') + view.path());
    await view.open(page);
    await page.evaluate(axe.source);
    for (const { width, colorScheme } of SCREENS) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      await page.evaluate(COLOURS_SETTLED);
      const { violations, passes } = await page.evaluate<AxeResults>('axe.run()');
      const serious = violations.filter(
        ({ impact }) => impact === 'serious' || impact === 'critical',
      );
      const problems = serious.flatMap(({ id, nodes }) =>
        nodes.map(({ html }) => `${id}: ${html}`),
      );
      expect(problems, `${width} px, ${colorScheme}`).toEqual([]);
      expect(passes.map(({ id }) => id)).toContain('color-contrast');
      const scrolled = await page.locator('html').evaluate((html) => html.scrollWidth);
      expect(scrolled, `${width} px`).toBeLessThanOrEqual(width);
    }
  },
);

async function openPanels(page: Page): Promise<void> {
  await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true');
}
