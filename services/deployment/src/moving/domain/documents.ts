/** What of a deployment goes into a bag, and what comes out of one: pure, so that both sides are tested against each other. */
import { type DeploymentDocument, DeploymentSecrets } from '@freehold/deployment-contract';
import { secretNameOf, type Settings } from '../../deployment/domain/setting-patch.js';
import type { Ordered, Prepared } from '../../deployment/domain/deployment.js';

export interface Opened {
  order: Ordered;
  prepared: Prepared;
  hasFirstAdministrator: boolean;
  names: readonly { purpose: string; name: string }[];
  /** As the operator gave them. */
  settings: Settings;
}

/** Without anything secret. */
export function documentOf({ order, prepared, names, settings, ...rest }: Opened): DeploymentDocument {
  const { lineage, application, version, digest, plan } = order;
  return {
    ...{ format: 'freehold-deployment/v1', lineage, epoch: Math.max(prepared.epoch, 1), tenure: 'none' },
    ...{ application, version, packageDigest: digest, plan },
    names: names.map(({ purpose, name }) => ({ purpose, name })),
    settings: settingsWhere(settings, order.settings, false),
    hasFirstAdministrator: rest.hasFirstAdministrator,
  };
}

/** Everything secret that travels. @param travelling the package's secrets that do */
export function secretsOf(
  { order, settings }: Opened,
  values: ReadonlyMap<string, string>,
  travelling: readonly string[],
): DeploymentSecrets {
  const secrets = Object.fromEntries(
    travelling.flatMap((name) => {
      const value = values.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return DeploymentSecrets.parse({ secrets, settings: settingsWhere(settings, order.settings, true) });
}

const settingsWhere = (opened: Settings, recorded: Settings, isSecret: boolean): Settings =>
  Object.fromEntries(
    Object.entries(opened).filter(([name]) => (secretNameOf(recorded[name]) !== undefined) === isSecret),
  );
