import * as v from 'valibot';
import type { Secrets } from '../runtime/secrets.ts';
import { reseal } from '../workspaces/sealed-fields.ts';
import type { Continuations, Handlers } from './commands.ts';
import { parseCursor, toCursor } from './cursor.ts';
import type { OperatorDependencies } from './dependencies.ts';
import { startWorkTime } from './work-time.ts';

const progressSchema = v.object({ isRenewed: v.literal(true) });

/**
 * Creates the command that replaces the secrets with which the keys for Nat and the shared secrets
 * are sealed. Nothing waits for it: a function reads its secret again when it meets a text that a new
 * secret sealed, and the former secret still unseals.
 *
 * First it seals again what an interrupted rotation left, because a secret is only kept for the next
 * two rotations. If there was something, that rotation is now complete, and none begins.
 */
export function createSecretRotation(dependencies: OperatorDependencies) {
  const { registry, secrets, renewSecrets, remainingMs } = dependencies;

  return {
    handlers: {
      'secrets.rotate': async () => {
        const hasTime = startWorkTime(remainingMs);
        const left = await resealAll(secrets, hasTime);
        if (!left.done || left.resealed > 0) return left;
        return resealAll(await renewSecrets(), hasTime);
      },
    } satisfies Partial<Handlers>,

    continuations: {
      'secrets.rotate': (from) => {
        parseCursor(progressSchema, from);
        return resealAll(secrets, startWorkTime(remainingMs));
      },
    } satisfies Partial<Continuations>,
  };

  /** Seals again, workspace by workspace, what an older secret sealed. */
  async function resealAll(current: Secrets, hasTime: () => boolean) {
    let resealed = 0;
    for (const workspace of await registry.list()) {
      if (reseal(current, workspace) === workspace) continue;
      if (resealed > 0 && !hasTime()) {
        return { resealed, done: false, next: toCursor({ isRenewed: true }) };
      }
      await registry.change(workspace.id, (master) => reseal(current, master));
      resealed += 1;
    }
    return { resealed, done: true };
  }
}
