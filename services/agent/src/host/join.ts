import { log } from '@freehold/platform';
import { setTimeout as pause } from 'node:timers/promises';
import type { RuntimeBackend } from '../backend/runtime-backend.js';
import type { NameServer } from '../names/name-server.js';
import type { Router } from '../router/router.js';
import { findHostPrograms, majorVersions } from '../packages/host-programs.js';
import { measureCapacity } from './capacity.js';
import type { ProvisioningClient } from './provisioning-client.js';

const RETRY_MS = 1_000;

export interface Joining {
  readonly provisioning: Pick<ProvisioningClient, 'join'>;
  readonly backend: RuntimeBackend;
  /** Where others reach the router. */
  readonly router: Pick<Router, 'address' | 'port'>;
  readonly nameServer: Pick<NameServer, 'port'>;
  /** Of the transfer listener, at the router's address. */
  readonly transferPort: number;
  /** age public key of the host. */
  readonly recipient: string;
  /** Where environments lie. */
  readonly dataFolder: string;
  readonly signal: AbortSignal;
}

/** Says what this host is and has, until it is answered; nothing waits for that. */
export async function joinUntilAnswered(joining: Joining): Promise<void> {
  const { provisioning, backend, router, nameServer, transferPort, recipient, dataFolder, signal } = joining;
  while (!signal.aborted) {
    try {
      const { backend: kind, closing } = await backend.capabilities();
      const capacity = await measureCapacity(dataFolder, await usedBytes(backend));
      const { address, port } = router;
      const ports = { port, dnsPort: nameServer.port, transferPort };
      const can = { programs: majorVersions(await findHostPrograms()), closing };
      return await provisioning.join({ recipient, address, ...ports, backends: [kind], capacity, ...can });
    } catch (error) {
      log().info({ err: error }, 'this host has not joined yet');
    }
    await pause(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function usedBytes(backend: RuntimeBackend): Promise<number> {
  const seen = await backend.observe();
  if (seen.state === 'cannot-say') return 0;
  const present = seen.environments.filter(({ state }) => state === 'present');
  const usages = await Promise.all(present.map(({ id }) => backend.usage(id)));
  return usages.reduce((sum, { diskBytes }) => sum + diskBytes, 0);
}
