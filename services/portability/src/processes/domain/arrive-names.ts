/**
 * What an arrival does about its names. Those of other providers' zones are claimed here first, and led here by these
 * providers, their homes, once it is live here. Those of our own zone come home: they lead to where the deployment has been
 * so far until it is live here, so that an arrival that fails has changed no name.
 */
import { NamedPurpose } from '@freehold/deployment-contract';
import { command, skip } from '@freehold/process';
import { attachNames, claimNames, giveUpNames, reclaimNames } from '@freehold/provisioning-contract';
import { z } from 'zod';

/** `via`: the provider in whose zone the name is; null: ours, so that it comes home. */
export const ArrivingName = NamedPurpose.extend({ via: z.string().nullable() });
type ArrivingName = z.infer<typeof ArrivingName>;

interface Arriving {
  operator: string;
  input: { deployment: string; environment: string; names: readonly ArrivingName[] };
}

const PATIENCE_MS = 30 * 24 * 3_600_000;
const COME_HOME = 'its names come home: they are led back once it is live here';

/** Claimed here, and led here by their homes. */
export const abroad = (names: readonly ArrivingName[]) => names.filter(({ via }) => via !== null);
/** Of our own zone. */
export const atHome = (names: readonly ArrivingName[]) => names.filter(({ via }) => via === null);
const idsOf = (names: readonly ArrivingName[]) => names.map(({ id }) => id);

export function claimUnlessHome({ operator, input: { deployment, names } }: Arriving) {
  const claimed = abroad(names).map(({ id, purpose, name, via }) => ({ name: id, purpose, enciphered: name, via }));
  if (claimed.length === 0) return skip(COME_HOME);
  return command({ operation: claimNames, params: { operator }, body: { deployment, names: claimed } });
}

export function giveUpUnlessHome({ operator, input: { deployment, names } }: Arriving) {
  const claimed = idsOf(abroad(names));
  if (claimed.length === 0) return skip(COME_HOME);
  return command({ operation: giveUpNames, params: { operator }, body: { deployment, names: claimed } });
}

export function attachUnlessHome({ operator, input: { deployment, environment, names } }: Arriving) {
  const claimed = idsOf(abroad(names));
  if (claimed.length === 0) return skip(COME_HOME);
  return command({ operation: attachNames, params: { operator }, body: { deployment, names: claimed, environment } });
}

export function reclaimIfHome({ operator, input: { deployment, environment, names } }: Arriving) {
  const own = idsOf(atHome(names));
  if (own.length === 0) return skip('their homes lead its names here');
  const body = { deployment, names: own, environment };
  return command({ operation: reclaimNames, params: { operator }, body, timeoutMs: PATIENCE_MS });
}
