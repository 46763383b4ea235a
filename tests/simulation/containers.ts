import { createHandler as createDeliver } from '../../functions/deliver.ts';
import { createHandler as createIdentify } from '../../functions/identify.ts';
import { createHandler as createRecover } from '../../functions/recover.ts';
import { createHandler as createRedeliver } from '../../functions/redeliver.ts';
import { createServices } from '../../functions/services.ts';
import { createDelivery } from '../../lib/delivery/attempt.ts';
import type { Nat } from '../../lib/delivery/nat.ts';
import { createRecovery, type RecoveryDependencies } from '../../lib/delivery/recovery.ts';
import { createRepairs } from '../../lib/ledger/repairs.ts';
import { createOperator } from '../../lib/operator/operator.ts';
import type { Config } from '../../lib/runtime/config.ts';
import { openSecrets } from '../../lib/runtime/secret-source.ts';
import type { SecretStore } from '../../lib/runtime/secret-store.ts';
import { createRegistry } from '../../lib/workspaces/registry.ts';
import type { Invocation } from './scheduler.ts';

/** What the functions of a container work with. */
interface ContainerParts extends Pick<RecoveryDependencies, 'readStream' | 'send'> {
  config: Config;
  db: Parameters<typeof createServices>[1];
  nat: Nat;
  secretStore: SecretStore;
}

/** All functions with one memory. On AWS each function has containers of its own. */
export type Container = ReturnType<typeof createContainer>;

/** Creates what gives containers to invocations. */
export function createContainers(parts: ContainerParts) {
  let idle: Container[] = [];
  return {
    /** Takes the container that was used last, with its memory, or a new one. */
    take: (): Container => idle.pop() ?? createContainer(parts),
    /** Gives a container back for the next invocation. A crashed one is lost. */
    giveBack(container: Container): void {
      idle.push(container);
    },
    /** Ends all idle containers, so that the next invocations start without memory. */
    recycle(): void {
      idle = [];
    },
  };
}

function createContainer({ config, db, nat, secretStore, readStream, send }: ContainerParts) {
  const services = createServices(config, db, secretStore);
  const { ledger } = services;
  const delivery = createDelivery({ ...services, nat });
  const repairs = createRepairs(db, config.INTERACTIONS_TABLE);
  const registry = createRegistry(db, config.WORKSPACES_TABLE);
  const recovery = createRecovery({ repairs, readStream, send });
  return {
    identify: createIdentify(() => services),
    deliver: createDeliver(() => delivery),
    redeliver: createRedeliver(() => ({ ledger, delivery })),
    recover: createRecover(() => recovery),
    operate: async ({ deadline }: Invocation, request: object) => {
      const remainingMs = () => deadline - Date.now();
      const audit = () => {};
      const { secrets, renew: renewSecrets } = await openSecrets(secretStore, config);
      const parts = { repairs, registry, secrets, renewSecrets, remainingMs, audit };
      return createOperator(parts).run(request);
    },
  };
}
