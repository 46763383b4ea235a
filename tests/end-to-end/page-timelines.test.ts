import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest';
import { launchBrowser } from './browser.ts';
import { basic, operate, recommended, send, someone, timelineOf } from './client.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser.close());

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

async function openTimelines(search = '', width = 1280): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height: 700 } });
  await page.goto(`${inject('natUrl')}/?${new URLSearchParams({ search })}`);
  await page.getByText('live', { exact: true }).waitFor();
  return page;
}

function onDay(email: string, day: number): object {
  return recommended(email, { timestamp: `2020-05-${String(day).padStart(2, '0')}T12:00:00Z` });
}

it('collapses a contact to its latest five interactions, and opens it', async () => {
  const email = someone();
  await send({ batch: [1, 2, 3, 4, 5, 6, 7].map((day) => onDay(email, day)) });
  const page = await openTimelines(email);
  const entries = page.locator(`[data-contact="${email}"] [data-interaction]`);
  await page.getByRole('button', { name: 'Show all 7' }).press('Enter');
  await expect.poll(() => entries.count()).toBe(7);

  await send(onDay(email, 8));
  await expect.poll(() => entries.count()).toBe(8);
  await page.getByRole('button', { name: 'Show only the latest' }).click();
  await expect.poll(() => entries.count()).toBe(5);
  expect(await entries.first().textContent()).toContain('8 May 2020');
});

it('finds descriptions, announces how many contacts it found, and pages through them', async () => {
  const mark = someone();
  const batch = Array.from({ length: 60 }, () =>
    recommended(someone(), { page: { url: `https://example.com/${mark}` } }),
  );
  expect((await send({ batch })).status).toBe(200);
  const listed = `${inject('natUrl')}/contacts?search=${mark}`;
  await expect.poll(async () => (await fetch(listed)).json()).toMatchObject({ matching: 60 });
  const page = await openTimelines();
  await page.getByLabel('Find a contact').fill(mark.toUpperCase());
  const announcement = page.locator('[aria-live]');
  await expect.poll(() => announcement.textContent()).toBe('60 contacts found');

  const contacts = page.locator('[data-contact]');
  const seen = new Set<string>();
  const collect = async () => {
    for (const text of await contacts.locator('.address').allTextContents()) seen.add(text);
  };
  await collect();
  await page.getByRole('link', { name: 'Older' }).click();
  await page.getByText(', 51 to 60 shown').waitFor();
  await collect();
  expect(seen.size).toBe(60);
  await page.getByRole('link', { name: 'Newer' }).click();
  await page.getByText(', 1 to 50 shown').waitFor();
});

it('counts the days in the time zone of the workspace, also after it was changed', async () => {
  const workspace = `zone-${crypto.randomUUID().slice(0, 8)}`;
  const apiKey = `key-of-${workspace}`;
  const timeZone = 'Europe/Berlin';
  await operate({ command: 'workspace.add', workspace, name: 'Zone', apiKey, timeZone });
  const headers = { authorization: basic(apiKey) };
  const email = someone();
  // 23:30 and 00:30 in Berlin: two days there, one in UTC.
  for (const timestamp of ['2020-05-31T21:30:00Z', '2020-05-31T22:30:00Z']) {
    const answer = await send(recommended(email, { timestamp }), { headers });
    expect(answer.body).toEqual({ status: 'accepted' });
  }
  await expect.poll(() => timelineOf(email, { apiKey })).toHaveLength(2);

  const page = await openTimelines(email);
  const entries = page.locator('[data-interaction]');
  await expect.poll(() => entries.count()).toBe(2);
  expect(await entries.nth(0).textContent()).toMatch(/1 Jun 2020[\s\S]*00:30 CEST/);
  expect(await entries.nth(1).textContent()).toMatch(/31 May 2020[\s\S]*23:30 CEST/);

  await operate({ command: 'workspace.update', workspace, timeZone: 'Asia/Tokyo' });
  await expect
    .poll(async () => {
      const other = someone();
      const body = recommended(other, { timestamp: '2020-05-31T16:00:00Z' });
      const nat = await fetch(`${inject('natUrl')}/identify`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      expect(nat.status).toBe(200);
      const found = await fetch(`${inject('natUrl')}/contacts?search=${other}`);
      const { items } = (await found.json()) as { items: { interactions: object[] }[] };
      return items[0]?.interactions[0];
    })
    .toMatchObject({ day: '2020-06-01', timeZone: 'Asia/Tokyo' });
});

it('shows what is dead, until the operator forgets the contact', async () => {
  const email = someone();
  const page = await openTimelines(email);
  const faults = `${inject('natUrl')}/faults`;
  await fetch(faults, { method: 'PUT', body: '{"status":400}' });
  await send(recommended(email));
  await page.getByText('It is not sent again. Last error: status 400 after 1 attempt.').waitFor();
  await fetch(faults, { method: 'DELETE' });

  await operate({ command: 'contact.forget', workspace: 'local', email });
  await expect.poll(() => page.locator('[data-contact]').count()).toBe(0);
});

it('clamps a long url to two lines, and shows all of it on request', async () => {
  const email = someone();
  const url = `https://example.com/${'long/'.repeat(200)}`;
  await send(recommended(email, { page: { url } }));
  const page = await openTimelines(email, 390);
  const link = page.locator('.description a');
  await link.waitFor();
  const height = async () => (await link.boundingBox())?.height ?? 0;
  expect(await height()).toBeLessThan(60);

  await page.getByRole('button', { name: 'Show all of it' }).press('Enter');
  expect(await height()).toBeGreaterThan(200);
});

it('a description that runs from right to left, or reverses itself, reverses nothing else', async () => {
  const [hebrew, reversed] = [someone(), someone()];
  await send(recommended(hebrew, { page: { url: 'אירוע שלום 123' } }));
  await send(recommended(reversed, { page: { url: '\u202E reversed \u2067' } }));
  const page = await openTimelines();
  for (const email of [hebrew, reversed]) {
    const entry = page.locator(`[data-contact="${email}"] [data-interaction]`);
    await entry.waitFor();
    const left = async (part: string) => (await entry.locator(part).boundingBox())?.x ?? 0;
    expect(await left('.date')).toBeLessThan(await left('.description'));
    expect(await left('.description')).toBeLessThan(await left('.time'));
    const isolation = await entry
      .locator('.foreign')
      .evaluate((one) => [one.dir, one.computedStyleMap().get('unicode-bidi')?.toString()]);
    expect(isolation).toEqual(['auto', 'isolate']);
  }
});

it('never puts what has the keyboard focus under the header', async () => {
  await send({ batch: Array.from({ length: 30 }, () => recommended(someone())) });
  const page = await openTimelines('', 390);
  await expect.poll(() => page.locator('[data-contact]').count()).toBeGreaterThan(29);
  const bottom = await page.locator('header.bar').evaluate((one) => one.clientHeight);
  await page.locator('#contacts a').last().focus();
  // Back to the top with Shift+Tab: whatever comes into view comes from under the header.
  for (let n = 0; n < 24; n += 1) {
    await page.keyboard.press('Shift+Tab');
    const top = await page.evaluate('document.activeElement.getBoundingClientRect().top');
    expect(top).toBeGreaterThanOrEqual(bottom);
  }
  expect(await page.evaluate('scrollY')).toBeGreaterThan(0);
});

it('keeps the command to try within reach, with the headers of the answer', async () => {
  await send(recommended(someone()));
  const page = await openTimelines();
  await page.getByText('Send an event', { exact: true }).click();
  const command = await page.locator('#try code').textContent();
  expect(command).toContain(`curl -i -u local-api-key:`);
  expect(command).toContain(`${inject('apiUrl')}/v1/identify`);
});
