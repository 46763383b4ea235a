import { expect, inject, it } from 'vitest';
import { invoke, lambdaClient } from '../../cli/lambda.ts';
import { operate, recommended, send, someone, timelineOf } from './client.ts';

it('delivers before and after the secrets were rotated, also for a workspace that is new then', async () => {
  const lambda = lambdaClient(inject('lambdaPort'));
  const [before, after] = [someone(), someone()];
  expect((await send(recommended(before))).body).toEqual({ status: 'accepted' });
  await expect.poll(() => timelineOf(before)).toHaveLength(1);

  const rotate = { command: 'secrets.rotate' };
  expect(await invoke(lambda, 'nat-destination-local-operate', rotate)).toEqual({
    resealed: expect.any(Number),
    done: true,
  });
  const apiKey = `key-${someone()}`;
  await operate({ command: 'workspace.add', name: 'New', apiKey });
  lambda.destroy();

  expect((await send(recommended(before))).body).toEqual({ status: 'duplicate' });
  expect((await send(recommended(after))).body).toEqual({ status: 'accepted' });
  await expect.poll(() => timelineOf(after)).toHaveLength(1);

  const first = someone();
  await send(recommended(first), { headers: { authorization: `Bearer ${apiKey}` } });
  await expect.poll(() => timelineOf(first, { apiKey }), { timeout: 5000 }).toHaveLength(1);
});
