import { hookNames, type HookName } from '@freehold/application-package';
import type { DesiredState } from '@freehold/provisioning-contract';
import { environmentSpec, runHook } from '../reconciler/configure.js';
import { type Hands, prepare } from '../reconciler/executor.js';
import { GivenUp } from '../reconciler/failures.js';

/**
 * Runs a hook of the package that an environment is wanted with; nothing if it has none of this name.
 * @throws GivenUp when the hook fails · NotAnswered
 */
export async function runPackageHook(hands: Hands, desired: DesiredState, hook: HookName): Promise<void> {
  const { application, version, digest, environment: id, amounts } = desired;
  if (application === null || version === null || digest === null) throw new GivenUp([notConfigured]);
  const laidOut = await hands.packages.get(digest);
  if (!hookNames(laidOut.app).includes(hook)) return;
  const installed = await prepare(hands, { application, version, digest }, () => undefined);
  const environment = await hands.backend.create(environmentSpec(laidOut.app, id, amounts));
  const { configuration, names, secrets } = await hands.provisioning.configuration(desired);
  const values = {
    ...{ settings: configuration.settings, names, secrets, ports: environment.ports, folder: environment.folder },
    ...{ releaseFolder: installed.folder, publicPort: hands.publicPort },
  };
  // Nothing of what is restored speaks to the world before it is decided that it may.
  const closed = hook === 'after-restore' ? { closed: true } : {};
  await runHook({ backend: hands.backend, environment, laidOut, values, hook, ...closed });
}

const notConfigured = {
  pointer: '/environment',
  code: 'configuration-missing',
  detail: 'The environment is not configured, so that no hook of its package can run.',
  hint: 'Let the step be tried again once it is.',
};
