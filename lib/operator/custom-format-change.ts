import { type CustomFormat, compileFormat } from '../event/custom-format.ts';
import { type Interaction, normalize } from '../event/normalize.ts';
import { readEvent } from '../event/read-event.ts';
import { Rejection } from '../event/rejection.ts';
import type { Workspace } from '../workspaces/workspaces.ts';
import type { Input } from './commands.ts';
import { OperatorError } from './operator-error.ts';

/** What of `workspace.update` sets a custom format. */
type Paths = Pick<
  Input<'workspace.update'>,
  'emailPath' | 'timestampPath' | 'descriptionPath' | 'sample'
>;

/** A change of the custom format, and what it finds in the operator's sample. */
interface FormatChange {
  /** Null takes it away. */
  customFormat: CustomFormat | null;
  extracted?: Interaction;
}

/**
 * Checks a custom format on a sample before it is set.
 *
 * @param current the workspace as it is
 * @param paths JMESPath for each field; an empty `emailPath` takes the format away
 * @returns undefined if no format is asked for
 * @throws {OperatorError} if the paths are wrong or find no interaction in the sample
 */
export async function customFormatChange(
  current: Workspace,
  { emailPath, timestampPath, descriptionPath, sample }: Paths,
): Promise<FormatChange | undefined> {
  if (emailPath === undefined) {
    const given = timestampPath ?? descriptionPath ?? sample;
    if (given === undefined) return undefined;
    throw new OperatorError('emailPath: a custom format is set as a whole, with its email');
  }
  if (emailPath === '' && (timestampPath ?? descriptionPath) !== undefined) {
    throw new OperatorError('emailPath: is empty, so there is no format for the other paths');
  }
  if (emailPath === '') return { customFormat: null };
  if (sample === undefined) {
    throw new OperatorError('sample: expected an event of this sender, to try the format on');
  }
  const customFormat = {
    email: emailPath,
    ...(timestampPath !== undefined && { timestamp: timestampPath }),
    ...(descriptionPath !== undefined && { description: descriptionPath }),
  };
  return { customFormat, extracted: await tryOut(customFormat, sample, current) };
}

async function tryOut(
  format: CustomFormat,
  sample: object,
  { timeZone, standardMessage }: Workspace,
): Promise<Interaction> {
  const extract = await compileFormat(format);
  try {
    if (extract(readEvent(sample)).email === null) {
      throw new OperatorError('emailPath: finds no email in the sample');
    }
    return normalize(sample, { timeZone, standardMessage, extract }, Date.now());
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    // What JMESPath says names the expression and types, never a value.
    const { message } = error.cause instanceof Error ? error.cause : error;
    throw new OperatorError(`sample: ${message}`);
  }
}
