import { describe, expect, it, vi } from 'vitest';
import { createHandler } from '../../functions/identify.ts';
import { createServices, type Services } from '../../functions/services.ts';
import { logger } from '../../functions/telemetry.ts';
import { UNHEALTHY } from '../../lib/intake/response.ts';
import { readConfig } from '../../lib/runtime/config.ts';
import { CONFIG, TABLES } from '../in-process/deployment.ts';
import {
  createEmbeddedDynamoDB,
  createInProcessClient,
  createTables,
} from '../in-process/dynamodb.ts';
import { contextWith, requestWith } from '../in-process/lambda.ts';
import { createMemorySecretStore } from '../in-process/secrets.ts';

/** @param isReachable whether a table answers */
async function servicesOver(
  isReachable: (table: string) => boolean,
  secretStore = createMemorySecretStore(),
) {
  const database = createEmbeddedDynamoDB();
  await createTables(database, TABLES);
  const db = createInProcessClient(async (operation, input) => {
    const isFailing = Object.values(TABLES).some(
      (table) => JSON.stringify(input).includes(table) && !isReachable(table),
    );
    if (isFailing) throw new Error('unreachable');
    return database.execute(operation, input);
  });
  return createServices(CONFIG, db, secretStore);
}

async function check(services: () => Services, query: Record<string, string> = {}) {
  const request = requestWith({ routeKey: 'GET /v1/health', headers: {} });
  const handler = createHandler(services);
  const context = contextWith('identify', '1', () => 28_000);
  const event = { ...request, queryStringParameters: query };
  const { statusCode, body = '' } = await handler(event, context);
  return { statusCode, body: JSON.parse(body) };
}

describe('GET /v1/health', () => {
  const healthy = { statusCode: 200, body: { status: 'ok' } };
  const unhealthy = { statusCode: 503, body: UNHEALTHY };

  it('is healthy if the settings are good, and reads no table', async () => {
    const services = await servicesOver(() => false);
    expect(await check(() => services)).toEqual(healthy);
  });

  it('is not healthy if a setting is wrong, and names it only in the log', async () => {
    const error = vi.spyOn(logger, 'error');
    const { db } = await servicesOver(() => true);
    const services = () => createServices(readConfig({}), db, createMemorySecretStore());
    expect(await check(services)).toEqual(unhealthy);
    expect(error).toHaveBeenCalledWith('unhealthy', {
      error: expect.objectContaining({ message: expect.stringContaining('NAT_API_URL') }),
    });
  });

  it('is healthy with ?deep if both tables and the secret answer', async () => {
    const services = await servicesOver(() => true);
    expect(await check(() => services, { deep: '' })).toEqual(healthy);
  });

  it.each(Object.values(TABLES))(
    'is not healthy with ?deep if %s does not answer',
    async (table) => {
      const services = await servicesOver((name) => name !== table);
      expect(await check(() => services, { deep: '' })).toEqual(unhealthy);
    },
  );

  it('is not healthy with ?deep if the secret that names contacts cannot be read', async () => {
    const read = () => Promise.reject(new Error('unreachable'));
    const services = await servicesOver(() => true, { ...createMemorySecretStore(), read });
    expect(await check(() => services, { deep: '' })).toEqual(unhealthy);
  });
});
