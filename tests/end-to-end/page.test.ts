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

it('switches faults by its presets, says what is set, and ends them', async () => {
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
  expect(await faults()).toMatchObject({ rate: 1, status: 503, retryAfter: 5 });
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
  expect(await faults()).toBeNull();
  expect((await callNat()).status).toBe(200);
  await page.close();
});

function callNat(): Promise<Response> {
  return fetch(`${inject('natUrl')}/identify`, {
    method: 'POST',
    headers: { authorization: 'Bearer key-of-nobody' },
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
