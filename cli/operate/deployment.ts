import { LambdaClient } from '@aws-sdk/client-lambda';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { lambdaClient } from '../lambda.ts';

/** The stage of the local stack. */
export const LOCAL = 'local';
/** Where `serverless.yml` deploys unless it is told otherwise. */
const DEFAULT_REGION = 'eu-central-1';

/** The local stack's stand-in for Lambda, else the account that the AWS environment names. */
export function clientFor(stage: string, env: NodeJS.ProcessEnv): LambdaClient {
  return stage === LOCAL
    ? lambdaClient(Number(env.LAMBDA_PORT ?? 3002))
    : new LambdaClient({ region: regionIn(env) });
}

/**
 * Asks AWS who runs the command, for the audit log.
 *
 * @returns an ARN; undefined on the local stack, or if AWS does not say
 */
export async function callerArn(
  stage: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  if (stage === LOCAL) return undefined;
  const sts = new STSClient({ region: regionIn(env) });
  try {
    return (await sts.send(new GetCallerIdentityCommand())).Arn;
  } catch {
    // The command itself will say what is wrong with the credentials.
    return undefined;
  } finally {
    sts.destroy();
  }
}

function regionIn(env: NodeJS.ProcessEnv): string {
  return env.AWS_REGION ?? DEFAULT_REGION;
}
