import { contains, lacks } from '../runtime/dynamodb/expressions.ts';

const MARK = '#user:';

/**
 * The partition of the table with everything about one user of a workspace. No contact is named so.
 *
 * @param workspaceId the id of the workspace
 * @param userKey as `userKey` of the secret that names contacts gives it
 * @returns `<workspace>#user:<user key>`
 */
export function userPartition(workspaceId: string, userKey: string): string {
  return `${workspaceId}${MARK}${userKey}`;
}

/** true for a key of the table that is about a user. */
export function isAboutUser({ contact }: { contact: string }): boolean {
  return contact.includes(MARK);
}

/** The item is something that is remembered of a user. */
export const isOfUser = contains('contact', MARK);

/** The item is an interaction, and nothing that is remembered of a user. */
export const isNoUser = lacks('contact', MARK);
