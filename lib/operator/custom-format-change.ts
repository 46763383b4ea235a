import { type CustomFormat, compileFormat } from '../event/custom-format.ts';
import { EventFields } from '../event/event-fields.ts';
import { type Interaction, normalize } from '../event/normalize.ts';
import { Rejection } from '../event/rejection.ts';
import type { MasterRecord } from '../workspaces/master-record.ts';
import type { Input } from './commands.ts';
import { OperatorError } from './operator-error.ts';

/** The part of `workspace.update` that sets a custom format. */
type Paths = Pick<
  Input<'workspace.update'>,
  'emailPath' | 'timestampPath' | 'descriptionPath' | 'sample'
>;

/** A change of the custom format. */
interface FormatChange {
  /** `null` removes the custom format. */
  customFormat: CustomFormat | null;
  /** What the format finds in the sample. */
  extracted?: Interaction;
}

/**
 * Checks a custom format with a sample before it is set.
 *
 * @param workspace the workspace with its new settings
 * @param paths a JMESPath for each field; an empty `emailPath` removes the custom format
 * @returns undefined if the format is not to be changed
 * @throws {OperatorError} if a path is wrong, or the paths find no interaction in the sample
 */
export async function customFormatChange(
  workspace: MasterRecord,
  { emailPath, timestampPath, descriptionPath, sample }: Paths,
): Promise<FormatChange | undefined> {
  const otherPath = timestampPath ?? descriptionPath;
  if (emailPath === undefined) {
    if (otherPath === undefined && sample === undefined) return undefined;
    throw new OperatorError('emailPath: is missing; give all paths of the custom format together');
  }
  if (emailPath === '') {
    if (otherPath === undefined) return { customFormat: null };
    throw new OperatorError('emailPath: is empty, which removes the format; give no other path');
  }
  if (sample === undefined) {
    throw new OperatorError('sample: is missing; give an event of this sender to test the paths');
  }
  const customFormat = {
    email: emailPath,
    ...(timestampPath !== undefined && { timestamp: timestampPath }),
    ...(descriptionPath !== undefined && { description: descriptionPath }),
  };
  return { customFormat, extracted: await extractFrom(sample, customFormat, workspace) };
}

async function extractFrom(
  sample: object,
  format: CustomFormat,
  { timeZone, standardMessage }: MasterRecord,
): Promise<Interaction> {
  const extract = await compileFormat(format);
  try {
    if (extract(new EventFields(sample)).email === undefined) {
      throw new OperatorError('emailPath: finds no email in the sample');
    }
    return normalize(sample, { timeZone, standardMessage, extract }, Date.now());
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    // JMESPath's own message names the expression and the types in it, never a value.
    const { message } = error.cause instanceof Error ? error.cause : error;
    throw new OperatorError(`sample: ${message}`);
  }
}
