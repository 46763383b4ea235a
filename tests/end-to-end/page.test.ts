import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject, it, vi } from 'vitest';
import { launchBrowser } from './browser.ts';
import { recommended, send, someone } from './client.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser.close());

afterEach(async () => {
  await fetch(`${inject('natUrl')}/faults`, { method: 'DELETE' });
});

it('shows an interaction on the page without a reload', async () => {
  const page = await browser.newPage();
  await page.goto(inject('natUrl'));
  const email = someone();
  const contact = page.locator(`[data-contact="${email}"]`);
  expect(await contact.count()).toBe(0);

  await send(recommended(email));
  await contact.waitFor({ timeout: 2000 });
  const link = contact.locator('.description').getByRole('link');
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
    expect(await contact.locator('.description').getByRole('link').count()).toBe(0);
    expect(await contact.locator('img').count()).toBe(0);
  }
  expect(await page.getByText('<img src=x onerror').count()).toBe(1);
  expect(await page.title()).not.toBe('taken');
  await page.close();
});

it('sets a fault by its presets, describes it, and ends it', async () => {
  const page = await browser.newPage();
  await page.goto(inject('natUrl'));
  const now = page.locator('#faults-now');
  const preset = (name: string) => page.getByRole('button', { name, exact: true });
  const faults = async () => (await fetch(`${inject('natUrl')}/faults`)).json();
  await page.getByText('Faults', { exact: true }).click();
  expect(await preset('Healthy').getAttribute('aria-pressed')).toBe('true');

  await preset('All answer 503, Retry-After 5').click();
  const said = 'All calls answer 503, Retry-After 5';
  await vi.waitFor(async () => expect(await now.textContent()).toBe(said));
  expect(await faults()).toMatchObject([{ rate: 1, status: 503, retryAfter: 5 }]);
  expect(await preset('All answer 503, Retry-After 5').getAttribute('aria-pressed')).toBe('true');
  expect(await page.title()).toContain('Faults on');
  expect((await callNat()).headers.get('retry-after')).toBe('5');

  await fetch(`${inject('natUrl')}/faults`, {
    method: 'PUT',
    body: JSON.stringify({ rate: 0.3, status: 503 }),
  });
  await vi.waitFor(async () => expect(await now.textContent()).toBe('30% of calls answer 503'));
  expect(await preset('30% answer 503').getAttribute('aria-pressed')).toBe('true');

  await preset('Healthy').click();
  await vi.waitFor(async () => expect(await now.textContent()).toBe('Healthy'));
  expect(await faults()).toEqual([]);
  expect((await callNat()).status).toBe(200);
  await page.close();
});

it('shows every named fault without its API key, and ends each', async () => {
  const page = await browser.newPage();
  await page.goto(inject('natUrl'));
  await page.getByText('Faults', { exact: true }).click();
  await page.getByLabel('Name').fill('acme');
  await page.getByLabel('Only with API key').fill('secret-acme');
  await page.getByLabel('Status', { exact: true }).fill('429');
  await page.getByRole('button', { name: 'Apply' }).click();
  const shown = page.locator('#active-faults li p');
  // Faults are listed in the order in which they were set.
  await vi.waitFor(async () => expect(await shown.count()).toBe(1));
  await fetch(`${inject('natUrl')}/faults/slow`, {
    method: 'PUT',
    body: JSON.stringify({ delayMs: 10, bodyBytes: 1000 }),
  });

  await vi.waitFor(async () =>
    expect(await shown.allTextContents()).toEqual([
      'acme: All calls with the API key ending in acme answer 429',
      'slow: All calls wait 0.01 s, then answer as usual, with a body of 1,000 bytes',
    ]),
  );
  expect(await page.locator('#faults-now').textContent()).toBe('2 faults are set');
  expect(await page.content()).not.toContain('secret-acme');
  expect((await callNat('secret-acme')).status).toBe(429);

  await page.getByRole('button', { name: 'End acme' }).click();
  await vi.waitFor(async () => expect(await shown.count()).toBe(1));
  expect((await callNat('secret-acme')).status).toBe(200);
  await page.close();
});

function callNat(apiKey = 'key-of-nobody'): Promise<Response> {
  return fetch(`${inject('natUrl')}/identify`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}` },
    body: JSON.stringify(recommended(someone())),
  });
}

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
