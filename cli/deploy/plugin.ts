import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { changesBetween } from './changes.ts';
import { type AwsConfig, readDeployedTemplate, tablesLeft } from './deployed.ts';
import { unsafeRetention } from './retention.ts';
import { writeSbom } from './sbom.ts';
import { problemsOf } from './stage-settings.ts';
import { type Template, templateSchema } from './template.ts';

/** What this plugin uses of the framework, which has no types. */
interface Serverless {
  service: {
    custom: { stage: unknown; protection: { isProtected: boolean } };
    provider: { environment: { NAT_API_URL: unknown }; compiledCloudFormationTemplate: unknown };
  };
  serviceDir: string;
  processedInput: { commands: string[]; options: { param?: string[] } };
  classes: { Error: new (message: string, code: string) => Error };
  getProvider(name: 'aws'): {
    getStage(): string;
    getRegion(): string;
    getAwsSdkV3Config(): Promise<AwsConfig>;
    naming: { getStackName(): string };
  };
}

interface Tools {
  log: { notice(line?: string): void };
}

/** Everybody may read a file, only its owner may write it. */
const UMASK = 0o022;
/** The parameter that lets a deployment keep interactions for longer than before. */
const CONFIRM_RETENTION = 'confirm=retentionDays';

/**
 * Looks at a deployment before it creates anything: refuses wrong settings, prints what changes, and
 * refuses what cannot be undone. It also keeps the source maps and says what is in the bundles. It is a
 * plugin of the framework, so that `npx serverless deploy` does not go round it.
 */
export default class DeployPlugin {
  readonly hooks: Record<string, () => Promise<void> | void>;
  readonly #serverless: Serverless;
  readonly #print: (line: string) => void;

  constructor(serverless: Serverless, _options: unknown, { log }: Tools) {
    this.#serverless = serverless;
    this.#print = (line) => log.notice(line);
    // The mode of a file is in its package. Lambda must be able to read it, and packages must be
    // identical, whoever makes them.
    process.umask(UMASK);
    this.hooks = {
      initialize: () => this.#checkSettings(),
      // serverless-esbuild is an earlier plugin: it has built, and it tidies up after this.
      'before:package:createDeploymentArtifacts': () => this.#keepArtefacts(),
      'before:aws:deploy:deploy:createStack': () => this.#checkChanges(),
    };
  }

  #checkSettings(): void {
    const { service, processedInput } = this.#serverless;
    const [command = '', subcommand] = processedInput.commands;
    if (!['deploy', 'package'].includes(command) || subcommand === 'list') return;
    const provider = this.#serverless.getProvider('aws');
    const problems = problemsOf({
      name: provider.getStage(),
      region: provider.getRegion(),
      settings: service.custom.stage,
      natApiUrl: service.provider.environment.NAT_API_URL,
    });
    if (problems.length > 0) this.#refuse('WRONG_SETTINGS', problems.join('\n'));
  }

  async #keepArtefacts(): Promise<void> {
    const { serviceDir } = this.#serverless;
    const bundles = join(serviceDir, '.esbuild/.build/functions');
    const output = join(serviceDir, '.serverless');
    const files = await readdir(bundles);
    for (const map of files.filter((file) => file.endsWith('.map'))) {
      await cp(join(bundles, map), join(output, 'source-maps/functions', map));
    }
    const metafiles = files.filter((file) => file.endsWith('-meta.json'));
    await writeSbom(
      serviceDir,
      metafiles.map((file) => join(bundles, file)),
      join(output, 'sbom.cdx.json'),
    );
  }

  async #checkChanges(): Promise<void> {
    const provider = this.#serverless.getProvider('aws');
    const config = await provider.getAwsSdkV3Config();
    const next = v.parse(
      templateSchema,
      this.#serverless.service.provider.compiledCloudFormationTemplate,
    );
    const deployed = await readDeployedTemplate(config, provider.naming.getStackName());
    if (deployed === undefined) return this.#checkFirst(await tablesLeft(config, next));

    const changes = changesBetween(deployed, next);
    this.#print(changes.length === 0 ? 'Only the code of functions may change.' : 'This changes:');
    for (const line of changes) this.#print(`  ${line}`);
    this.#checkRetention(deployed, next);
  }

  #checkFirst(tables: string[]): void {
    this.#print('This is the first deployment of the stage.');
    if (tables.length === 0) return;
    this.#refuse(
      'TABLES_LEFT',
      `These tables are left from an earlier deployment: ${tables.join(', ')}. ` +
        'docs/deploy.md says how to go on, under "If the first deployment fails".',
    );
  }

  #checkRetention(deployed: Template, next: Template): void {
    const { service, processedInput } = this.#serverless;
    const days = unsafeRetention(deployed, next);
    const isConfirmed = processedInput.options.param?.includes(CONFIRM_RETENTION) === true;
    if (days === undefined || !service.custom.protection.isProtected || isConfirmed) return;
    this.#refuse(
      'RETENTION',
      `The deployment keeps interactions for ${days} days. Do not raise or remove retentionDays: ` +
        'older events would be accepted again for days whose interactions are already deleted. ' +
        `If you accept that, add --param ${CONFIRM_RETENTION}`,
    );
  }

  #refuse(code: string, message: string): never {
    throw new this.#serverless.classes.Error(message, code);
  }
}
