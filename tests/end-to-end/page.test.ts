import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { launchBrowser } from './browser.ts';
import { recommended, send, someone } from './client.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser.close());

it('shows an interaction on the page without a reload', async () => {
  const page = await browser.newPage();
  await page.goto(inject('natUrl'));
  const email = someone();
  const contact = page.locator(`[data-contact="${email}"]`);
  expect(await contact.count()).toBe(0);

  await send(recommended(email));
  await contact.waitFor({ timeout: 2000 });
  const link = contact.getByRole('link');
  expect(await link.getAttribute('href')).toBe('https://example.com');

  await send(recommended(email, { timestamp: '2020-05-31T18:00:00Z' }));
  await send(recommended(email, { timestamp: '2020-06-01T18:00:00Z' }));
  await contact.locator('[data-interaction]').nth(1).waitFor();
  expect(await contact.locator('[data-interaction]').count()).toBe(2);
  await page.close();
});

it('shows whatever senders put into it as text, and links http and https alone', async () => {
  const page = await browser.newPage();
  await page.goto(inject('natUrl'));
  const [script, image] = [someone(), someone()];
  await send(recommended(script, { page: { url: 'javascript:document.title="taken"' } }));
  await send(recommended(image, { page: { url: '<img src=x onerror=document.title="taken">' } }));
  for (const email of [script, image]) {
    const contact = page.locator(`[data-contact="${email}"]`);
    await contact.waitFor();
    expect(await contact.getByRole('link').count()).toBe(0);
    expect(await contact.locator('img').count()).toBe(0);
  }
  expect(await page.getByText('<img src=x onerror').count()).toBe(1);
  expect(await page.title()).not.toBe('taken');
  await page.close();
});

it('fits a phone', async () => {
  const page = await browser.newPage({ viewport: { width: 360, height: 640 } });
  await page.goto(inject('natUrl'));
  const email = someone();
  await send(recommended(email, { page: { url: `https://example.com/${'long'.repeat(100)}` } }));
  await page.locator(`[data-contact="${email}"]`).waitFor();
  const width = await page.locator('html').evaluate((html) => html.scrollWidth);
  expect(width).toBeLessThanOrEqual(360);
  await page.close();
});
