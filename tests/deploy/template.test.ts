import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { writeSettings } from '../deployment/service-copy.ts';
import { REGION } from './cloud.ts';
import { run, succeeds } from './operator.ts';
import { service } from './workplace.ts';

const TEMPLATE = '.serverless/cloudformation-template-update-stack.json';
const STAGE = 'lint';
const SETTINGS = {
  alarmEmail: 'operator@nat.example',
  retentionDays: 400,
  tracing: true,
  domain: {
    name: 'events.nat.example',
    certificateArn: `arn:aws:acm:${REGION}:123456789012:certificate/00000000-0000-4000-8000-000000000000`,
  },
};

const reasons = v.record(v.string(), v.pipe(v.string(), v.minLength(20)));
const acceptedSchema = v.object({ 'cfn-lint': reasons, checkov: reasons });
const cfnLintSchema = v.array(v.object({ Rule: v.object({ Id: v.string() }) }));
const checkovSchema = v.object({
  results: v.object({ failed_checks: v.array(v.object({ check_id: v.string() })) }),
});

let accepted: v.InferOutput<typeof acceptedSchema>;

beforeAll(async () => {
  const file = new URL('accepted-findings.yml', import.meta.url);
  accepted = v.parse(acceptedSchema, parse(await readFile(file, 'utf8')));
  await writeSettings(service, STAGE, SETTINGS);
  await succeeds(
    `npm run package -- --stage ${STAGE} --param natApiUrl=https://nat.example/identify`,
  );
});

it('cfn-lint finds nothing but what is accepted with a reason', async () => {
  const { output } = await run(`cfn-lint ${TEMPLATE} --regions ${REGION} --format json`);
  const found = v.parse(cfnLintSchema, JSON.parse(output)).map(({ Rule }) => Rule.Id);
  expect([...new Set(found)].sort()).toEqual(Object.keys(accepted['cfn-lint']).sort());
});

it('checkov finds nothing but what is accepted with a reason', async () => {
  const { output } = await run(
    `checkov --framework cloudformation --file ${TEMPLATE} --output json --quiet --skip-download 2> /dev/null`,
  );
  const { results } = v.parse(checkovSchema, JSON.parse(output));
  const found = results.failed_checks.map(({ check_id }) => check_id);
  expect([...new Set(found)].sort()).toEqual(Object.keys(accepted.checkov).sort());
});

it('the policy of a deployer fits into a managed policy of IAM', async () => {
  const file = join(service, 'resources/deployer-policy.json');
  const text = await readFile(file, 'utf8');
  const policy = JSON.parse(text.replaceAll('ACCOUNT', '123456789012'));
  expect(JSON.stringify(policy).length).toBeLessThanOrEqual(6144);
});
