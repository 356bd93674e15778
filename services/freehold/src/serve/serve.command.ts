import { followedTogether } from '@freehold/log';
import { type RunningService, startTelemetry } from '@freehold/platform';
import { dirname, resolve } from 'node:path';
import { CommandFailure } from '../cli/command-failure.js';
import { EXIT, type ExitCode } from '../cli/exit-codes.js';
import { ownVariables, type Surroundings } from '../freehold.config.js';
import type { Terminal } from '../output/terminal.js';
import { readConfiguration } from '../up/service-configuration.js';
import { StopRequest } from '../up/stop-request.js';
import { allRunning, stopServices } from './running-services.js';
import { SERVICE_NAMES, type Bootable, loadServices, type ServiceName } from './service-registry.js';

export interface ServeOptions {
  /** Path of an installation.json that `up` has written. */
  installation?: string;
}

interface Around {
  terminal: Terminal;
  surroundings: Surroundings;
}

/** Runs services until it is told to stop. Their log lines go to standard output. */
export async function serve(
  names: readonly string[],
  { installation }: ServeOptions,
  around: Around,
): Promise<ExitCode> {
  const { terminal, surroundings } = around;
  const stopRequest = new StopRequest(terminal);
  const stopTelemetry = await startTelemetry(surroundings.environment);
  const services = await loadServices(wanted(names));
  const serving = Promise.withResolvers<void>();
  const following = { mayFollow: serving.promise, together: followedTogether() };
  const boot = (each: Bootable): Promise<RunningService> => {
    if (installation !== undefined)
      return each.boot(readConfiguration(dirname(resolve(installation)), each.name), { following });
    const known = [ownVariables, ...services.map(({ schema }) => schema)];
    return each.boot(surroundings.environment, { known, following });
  };
  const running = await allRunning(services.map(boot));
  serving.resolve();
  terminal.err(`Serving ${running.map(({ name }) => name).join(', ')}.`);
  await stopRequest.asked;
  await stopServices(running);
  await stopTelemetry();
  stopRequest.dispose();
  return EXIT.ok;
}

function wanted(names: readonly string[]): ServiceName[] {
  if (names.length === 0) return [...SERVICE_NAMES];
  return names.map((name) => {
    const known = SERVICE_NAMES.find((each) => each === name);
    if (known !== undefined) return known;
    throw new CommandFailure(`There is no service "${name}"`, `Say some of: ${SERVICE_NAMES.join(', ')}.`);
  });
}
