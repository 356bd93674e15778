import type { Replayable } from '@freehold/platform';

/** How each context's resources are folded from the log. The contexts are loaded when they are asked for. */
export async function loadReplayables(): Promise<readonly Replayable[]> {
  const [{ accountsService }, { catalogService }, { provisioningService }, { deploymentService }, portability] =
    await Promise.all([
      import('@freehold/accounts'),
      import('@freehold/catalog'),
      import('@freehold/provisioning'),
      import('@freehold/deployment'),
      import('@freehold/portability'),
    ]);
  return [
    accountsService,
    catalogService,
    provisioningService,
    deploymentService,
    portability.portabilityService,
  ].flatMap(({ replayable }) => replayable);
}
