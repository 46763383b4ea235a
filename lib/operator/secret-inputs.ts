import * as v from 'valibot';

/** The commands about the secrets of the deployment, with their help and their input. */
export const secretCommands = {
  'secrets.rotate': {
    summary: 'replaces the secrets that seal keys for Nat and shared secrets, without downtime',
    effect: 'changes',
    isLong: true,
    input: v.strictObject({}),
  },
} as const;
