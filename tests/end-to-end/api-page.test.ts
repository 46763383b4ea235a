import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { launchBrowser } from './browser.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser.close());

it('renders the description of the API, with nothing loaded from elsewhere', async () => {
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (line) => line.type() === 'error' && problems.push(line.text()));
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(inject('natUrl')).origin) {
      if (!request.url().startsWith('data:')) problems.push(request.url());
    }
  });

  await page.goto(`${inject('natUrl')}/api`);
  await page.getByText('/v1/batch', { exact: true }).waitFor();
  await page.getByText('/v1/identify', { exact: true }).click();
  await page.getByText('one email address such as name@example.com').first().waitFor();
  expect(await page.getByRole('button', { name: 'Try it out' }).count()).toBe(0);
  expect(problems).toEqual([]);
  await page.close();
});

it('says where the API is', async () => {
  const response = await fetch(`${inject('natUrl')}/openapi.json`);
  expect(await response.json()).toMatchObject({
    openapi: '3.1.0',
    servers: [{ url: inject('apiUrl') }],
  });
});
