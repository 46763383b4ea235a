import * as v from 'valibot';
import { logRate, retentionDays } from '../../lib/runtime/config.ts';
import { problemOfNatApiUrl } from '../../lib/runtime/nat-api-url.ts';
import { readWith } from '../../lib/runtime/read-with.ts';
import { LOCAL } from '../operate/deployment.ts';

/** A setting that is empty in YAML counts as absent. */
const optional = <T extends v.GenericSchema>(schema: T) => v.optional(v.nullable(schema));

/** How many instances of a function may run at the same time. */
const concurrency = optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1)));

const settingsSchema = v.strictObject({
  throwAway: optional(v.boolean()),
  alarmEmail: optional(v.pipe(v.string(), v.rfcEmail('must be one email address'))),
  retentionDays: optional(retentionDays),
  tracing: optional(v.boolean()),
  domain: optional(
    v.strictObject({
      name: v.pipe(v.string(), v.regex(/^([a-z\d-]+\.)+[a-z]+$/, 'must be a domain name')),
      certificateArn: v.pipe(v.string(), v.startsWith('arn:aws:acm:')),
    }),
  ),
  identifyConcurrency: concurrency,
  deliverConcurrency: concurrency,
  redeliverConcurrency: concurrency,
  logLevel: optional(v.picklist(['DEBUG', 'INFO', 'WARN', 'ERROR'])),
  routineLogRate: optional(logRate),
});

/** What is known about a stage before anything of it is created. */
interface Stage {
  name: string;
  region: string;
  /** What is in `stages/NAME.yml`; null if there is no such file. */
  settings: unknown;
  /** Where Nat takes interactions; '' if its SSM parameter does not exist. */
  natApiUrl: unknown;
}

/**
 * Finds what is wrong with the settings of a stage. Without this check a deployment would fail
 * half-way, nobody would get an alarm, or the first event would find the wrong value.
 *
 * @returns one sentence for each problem, with what to do about it
 */
export function problemsOf({ name, region, settings, natApiUrl }: Stage): string[] {
  if (name === LOCAL) return ['local is the stage of npm start: it cannot be deployed.'];
  const file = `stages/${name}.yml`;
  if (settings === null || settings === undefined) {
    return [
      `${file} is missing: copy stages/prod.yml, or stages/dev.yml for a stage to throw away.`,
    ];
  }
  const { output, problems: wrong = [] } = readWith(settingsSchema, settings);
  const problems = wrong.map((problem) => `${file}: ${problem}`);
  const isProtected = output !== undefined && output.throwAway !== true;
  if (isProtected && !output.alarmEmail) {
    problems.push(
      `${file}: alarmEmail: is required: set it to the email address that gets the alarms. ` +
        'Only a stage with throwAway: true can do without.',
    );
  }
  const natProblem = natApiUrl === '' ? 'is missing' : problemOfNatApiUrl(String(natApiUrl));
  if (natProblem !== undefined) {
    const parameter = `/nat-destination/${name}/nat-api-url`;
    // Not `--value`: version 1 of the AWS CLI would fetch the URL and store the page.
    const input = JSON.stringify({ Name: parameter, Type: 'String', Value: 'https://…' });
    problems.push(
      `The SSM parameter ${parameter} ${natProblem}. Run: ` +
        `aws ssm put-parameter --region ${region} --overwrite --cli-input-json '${input}'`,
    );
  }
  return problems;
}
