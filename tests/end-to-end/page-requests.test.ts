import { randomUUID } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest';
import { launchBrowser } from './browser.ts';
import { invokeFunction, operate, recommended, send, someone } from './client.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser.close());

afterEach(async () => {
  await fetch(`${inject('natUrl')}/faults`, { method: 'DELETE' });
  for (const context of browser.contexts()) await context.close();
});

async function openRequests(query: Record<string, string> = {}): Promise<Page> {
  const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
  const page = await context.newPage();
  const address = new URLSearchParams({ view: 'requests', ...query });
  await page.goto(`${inject('natUrl')}/?${address}`);
  await page.getByText('live', { exact: true }).waitFor();
  return page;
}

function setFault(fault: object): Promise<Response> {
  const body = JSON.stringify(fault);
  return fetch(`${inject('natUrl')}/faults`, { method: 'PUT', body });
}

const rowsOf = (page: Page) => page.locator('#request-list > li');

it('shows a batch as it arrives, with the result of each event, and leads to the timeline and back', async () => {
  const page = await openRequests();
  const email = someone();
  const batch = [recommended(email), { type: 'track' }, recommended(''), recommended(email)];
  await send(
    { batch },
    { path: '/v1/batch/', headers: { 'user-agent': 'analytics-ruby/2.5.0 (x)' } },
  );

  const row = rowsOf(page).first();
  await row.getByText('analytics-ruby/2.5.0', { exact: true }).waitFor();
  await row.getByText('1 delivered').waitFor();
  expect(await row.locator('.outcome').textContent()).toMatch(
    /1 accepted\s+1 delivered\s+1 duplicate\s+1 ignored\s+1 rejected: email_missing/,
  );
  await row.getByRole('button', { expanded: false }).click();
  const events = row.locator('.event');
  await events.nth(3).waitFor();
  expect(await events.nth(0).textContent()).toMatch(
    /accepted[\s\S]*on 31 May 2020[\s\S]*Delivered at/,
  );
  expect(await events.nth(2).textContent()).toMatch(
    /rejected\s*email_missing[\s\S]*email is missing/,
  );

  await events.nth(0).getByRole('link', { name: email }).click();
  await page.locator(`[data-contact="${email}"]`).waitFor();
  await page.getByRole('link', { name: `Requests with ${email}` }).click();
  await page.waitForURL(/view=requests&search=/);
  await expect.poll(() => rowsOf(page).count()).toBe(1);
});

it('shows a rejected key with its code, and neither here nor there a key', async () => {
  const page = await openRequests();
  const [writeKey, sdk] = [`secret-${someone()}`, `sdk-${randomUUID()}/1.0`];
  const headers = { authorization: 'Basic c2VjcmV0LWtleTo=', 'user-agent': sdk };
  await send({ batch: [], writeKey }, { headers });
  const row = rowsOf(page).filter({ hasText: sdk });
  await row.getByText('api_key_unknown').waitFor();
  await row.getByRole('button').click();
  await row.getByText('Unknown or revoked API key.').waitFor();

  await row.getByRole('button', { name: 'Copy' }).click();
  await row.getByRole('button', { name: 'Copied' }).waitFor();
  const copied: string = await page.evaluate('navigator.clipboard.readText()');
  expect(copied).toMatch(/^curl -i [\s\S]*-u YOUR_API_KEY:[\s\S]*"writeKey":"YOUR_API_KEY"/);
  for (const text of [copied, await page.content()]) {
    expect(text).not.toContain(writeKey);
    expect(text).not.toContain('secret-key');
  }
});

it('shows until when an event waits and why, that it is dead and why, and that it was delivered', async () => {
  const page = await openRequests();
  await setFault({ status: 503, retryAfter: 60 });
  const [late, lost] = [someone(), someone()];
  await send(recommended(late));
  const waiting = rowsOf(page).first();
  await waiting.getByText('waiting').waitFor();
  await waiting.getByRole('button').click();
  await waiting.getByText(/Waits until .*Last error: status 503 after 1 attempt\./).waitFor();

  await setFault({ status: 400 });
  await send(recommended(lost));
  await page.getByRole('button', { name: /1 newer request: show and follow/ }).click();
  await page.locator('#request-list > li', { hasText: 'dead' }).first().getByRole('button').click();
  await page.getByText(/It is not sent again\. Last error: status 400 after 1 attempt\./).waitFor();

  await page.locator('#to-timelines').click();
  await page.locator(`[data-contact="${lost}"] [data-status="dead"]`).waitFor();
  await page.locator(`[data-contact="${late}"] [data-status="waiting"]`).waitFor();

  await fetch(`${inject('natUrl')}/faults`, { method: 'DELETE' });
  await operate({ command: 'interactions.redrive', workspace: 'local' });
  await operate({ command: 'interactions.redrive', workspace: 'local', waiting: true });
  for (const email of [lost, late]) {
    const delivered = page.locator(
      `[data-contact="${email}"] [data-interaction]:not([data-status])`,
    );
    await expect
      .poll(async () => {
        await invokeFunction('redeliver', {});
        return delivered.count();
      })
      .toBe(1);
  }
});

it('keeps the filter, the search and the open request in the address', async () => {
  const page = await openRequests();
  const mark = someone();
  await send(recommended(mark));
  await send(recommended(mark, { timestamp: 'soon' }));
  await page.getByLabel('Find requests').fill(mark);
  await expect.poll(() => rowsOf(page).count()).toBe(2);
  expect(await page.locator('[aria-live]').textContent()).toBe('2 requests found');

  await page.getByLabel('Show only requests').selectOption('Rejected');
  await expect.poll(() => rowsOf(page).count()).toBe(1);
  await rowsOf(page).getByRole('button').press('Enter');
  await page.getByText('timestamp must be').waitFor();

  const again = await openRequests(Object.fromEntries(new URL(page.url()).searchParams));
  await again.getByText('timestamp must be').waitFor();
  expect(await rowsOf(again).count()).toBe(1);
  expect(await again.getByLabel('Find requests').inputValue()).toBe(mark);
  await again.goto(`${inject('natUrl')}/?view=requests&request=1`);
  await again.getByText('The request of this link is no longer kept.').waitFor();
});

it('does not move what the reader looks at, unless it follows', async () => {
  const mark = someone();
  const sendMarked = () => send(recommended(someone(), { mark }));
  const page = await openRequests({ search: mark });
  const rows = rowsOf(page);
  await sendMarked();
  await expect.poll(() => rows.count()).toBe(1);
  await page.getByRole('button', { name: 'Follow live' }).click();
  const place = await rows.boundingBox();

  await Promise.all([sendMarked(), sendMarked()]);
  const newer = page.getByRole('button', { name: '2 newer requests: show and follow' });
  await newer.waitFor();
  expect(await rows.count()).toBe(1);
  expect(await rows.boundingBox()).toEqual(place);

  await newer.click();
  await expect.poll(() => rows.count()).toBe(3);
  await sendMarked();
  await expect.poll(() => rows.count()).toBe(4);
});
