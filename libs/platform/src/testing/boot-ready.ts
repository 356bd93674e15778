import { eventually } from '@freehold/supervisor/testing';
import type { PlatformConfiguration } from '../service/platform-configuration.js';
import { bootService, type RunningService, type ServiceOptions } from '../service/boot-service.js';

/**
 * Starts a service and waits until all of it is up, its read models too, which `bootService` leaves to the background:
 * a question that comes before their tables stand is answered 503. On a busy machine that takes a while.
 */
export async function bootReady<Config extends PlatformConfiguration>(
  options: ServiceOptions<Config>,
): Promise<RunningService> {
  const service = await bootService(options);
  const isUp = async () => (await service.health.ask()).status === 'up';
  if (await eventually(isUp, { timeoutMs: 30_000 })) return service;
  const health = JSON.stringify(await service.health.ask());
  await service.stop();
  throw new Error(`${options.name} is not ready: ${health}`);
}
