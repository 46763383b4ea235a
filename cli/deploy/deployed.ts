import {
  CloudFormationClient,
  type CloudFormationClientConfig,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { parseIfValid } from '../../lib/runtime/parse-if-valid.ts';
import { type Template, templateSchema } from './template.ts';

/** Region, credentials and endpoint, as every client of the SDK takes them. */
export type AwsConfig = Pick<CloudFormationClientConfig, 'region' | 'credentials' | 'endpoint'>;

/**
 * Reads the template that is deployed.
 *
 * @returns undefined before the first deployment, or if the first deployment failed
 */
export async function readDeployedTemplate(
  config: AwsConfig,
  stackName: string,
): Promise<Template | undefined> {
  const cloudFormation = new CloudFormationClient(config);
  try {
    const { TemplateBody = '' } = await cloudFormation.send(
      new GetTemplateCommand({ StackName: stackName }),
    );
    const template = v.parse(templateSchema, JSON.parse(TemplateBody));
    // The framework first makes a stack that only has a bucket for the packages.
    return 'Interactions' in template.Resources ? template : undefined;
  } catch (error) {
    if (error instanceof Error && error.message.includes('does not exist')) return undefined;
    throw error;
  } finally {
    cloudFormation.destroy();
  }
}

const tableSchema = v.object({
  Type: v.literal('AWS::DynamoDB::Table'),
  Properties: v.object({ TableName: v.string() }),
});

/**
 * Finds the tables of a template that exist already. CloudFormation creates no table that exists,
 * and would find out half-way.
 *
 * @returns their names
 */
export async function tablesLeft(config: AwsConfig, { Resources }: Template): Promise<string[]> {
  const dynamodb = new DynamoDBClient(config);
  const exists = (TableName: string) =>
    dynamodb.send(new DescribeTableCommand({ TableName })).then(
      () => true,
      (error) => {
        if (error instanceof Error && error.name === 'ResourceNotFoundException') return false;
        throw error;
      },
    );
  const left: string[] = [];
  try {
    for (const resource of Object.values(Resources)) {
      const data = parseIfValid(tableSchema, resource);
      if (data !== undefined && (await exists(data.Properties.TableName))) {
        left.push(data.Properties.TableName);
      }
    }
    return left;
  } finally {
    dynamodb.destroy();
  }
}
