/**
 * What an arrival does about its name. One of another provider's zone is claimed here first, and led here by that provider,
 * its home, once this one is live. One of our own zone comes home: it leads to where the deployment has been so far until
 * it is live here, so that an arrival that fails has changed no name.
 */
import type { NamedPurpose } from '@freehold/deployment-contract';
import { command, skip } from '@freehold/process';
import { attachName, claimName, giveUpName, reclaimName } from '@freehold/provisioning-contract';
import type { z } from 'zod';

interface Arriving {
  operator: string;
  input: { deployment: string; environment: string; name: z.infer<typeof NamedPurpose>; via: string | null };
}

const PATIENCE_MS = 30 * 24 * 3_600_000;
const COMES_HOME = 'the name comes home: it is led back once it is live here';

export function claimUnlessHome({ operator, input: { deployment, name, via } }: Arriving) {
  if (via === null) return skip(COMES_HOME);
  const body = { deployment, name: name.id, purpose: name.purpose, enciphered: name.name, via };
  return command({ operation: claimName, params: { operator }, body });
}

export function giveUpUnlessHome({ operator, input: { deployment, name, via } }: Arriving) {
  if (via === null) return skip(COMES_HOME);
  return command({ operation: giveUpName, params: { operator }, body: { deployment, name: name.id } });
}

export function attachUnlessHome({ operator, input: { deployment, environment, name, via } }: Arriving) {
  if (via === null) return skip(COMES_HOME);
  return command({ operation: attachName, params: { operator }, body: { deployment, name: name.id, environment } });
}

export function reclaimIfHome({ operator, input: { deployment, environment, name, via } }: Arriving) {
  if (via !== null) return skip('its home leads the name here');
  const body = { deployment, name: name.id, environment };
  return command({ operation: reclaimName, params: { operator }, body, timeoutMs: PATIENCE_MS });
}
