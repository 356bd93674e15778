import { chooseAddress, claimAddress, type Claimant, type Claims } from '@freehold/agent';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { createPrivate, readIfThere, writePrivate } from '../private-file.js';
import { PublicFace } from './public-face.js';

/** `<home>/installation.json`: what an installation is, so that `up`, `serve` and `doctor` find the same. */
export const Installation = z.object({
  format: z.literal(1),
  /** Tells installations apart; known to nobody else. */
  id: z.uuid(),
  /** This machine, as the log names it for ever. */
  host: z.string(),
  /** The installation's own loopback address: its router listens there, and must stay there. */
  address: z.string(),
  routerPort: z.int(),
  apiAddress: z.string(),
  apiPort: z.int(),
  zone: z.string(),
  /** How others reach it, if they do. */
  publicFace: PublicFace.optional(),
  /** Path of the server that it was started with last. */
  natsServer: z.string().optional(),
});
export type Installation = z.infer<typeof Installation>;

export const installationFile = (home: string): string => join(home, 'installation.json');

/** Where the API is reached. */
export const apiUrl = ({ apiAddress, apiPort }: Pick<Installation, 'apiAddress' | 'apiPort'>): string =>
  `http://${apiAddress.includes(':') ? `[${apiAddress}]` : apiAddress}:${apiPort}`;

/** By what others know it: the provider's origin. */
export const originOf = (installation: Installation): string =>
  new URL(installation.publicFace?.publicUrl ?? apiUrl(installation)).origin;

/** Undefined when nothing was installed here. */
export function readInstallation(home: string): Installation | undefined {
  const text = readIfThere(installationFile(home));
  if (text === undefined) return undefined;
  const parsed = Installation.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new Error(`${installationFile(home)} is damaged; put it back from a copy, or start with another --home`, {
    cause: parsed.error,
  });
}

interface Wishes {
  apiAddress?: string | undefined;
  apiPort?: number | undefined;
  routerPort?: number | undefined;
  zone?: string | undefined;
  publicFace?: PublicFace | undefined;
  natsServer?: string | undefined;
  /** Of all installations that choose addresses on this machine. */
  claims: Claims;
}

export const DEFAULT_API_PORT = 8420;
export const DEFAULT_ROUTER_PORT = 8008;
export const DEFAULT_ZONE = 'freehold.test';

/** The installation of this folder, made if there is none; where it is reached may be wished anew each time. */
export async function ensureInstallation(home: string, wishes: Wishes): Promise<Installation> {
  const claimant = { claims: wishes.claims, record: resolve(installationFile(home)) };
  const present = readInstallation(home) ?? (await makeInstallation(home, wishes, claimant));
  // One that is older than the claims, or whose claim was lost, has it from now on.
  await claimAddress(present.address, present.routerPort, claimant);
  const wished = {
    ...present,
    ...(wishes.apiAddress === undefined ? {} : { apiAddress: wishes.apiAddress }),
    ...(wishes.apiPort === undefined ? {} : { apiPort: wishes.apiPort }),
    ...(wishes.publicFace === undefined ? {} : { publicFace: wishes.publicFace }),
    ...(wishes.natsServer === undefined ? {} : { natsServer: wishes.natsServer }),
  };
  writePrivate(installationFile(home), textOf(wished));
  return wished;
}

async function makeInstallation(home: string, wishes: Wishes, claimant: Claimant): Promise<Installation> {
  const { routerPort = DEFAULT_ROUTER_PORT, zone = DEFAULT_ZONE } = wishes;
  const address = await chooseAddress(routerPort, claimant);
  const made: Installation = {
    format: 1,
    id: randomUUID(),
    host: hostName(hostname()),
    address,
    routerPort,
    apiAddress: address,
    apiPort: DEFAULT_API_PORT,
    zone,
  };
  return Installation.parse(JSON.parse(createPrivate(installationFile(home), () => textOf(made))));
}

const textOf = (installation: Installation): string => `${JSON.stringify(installation, undefined, 2)}\n`;

/** A machine's name as subjects and keys take it: its first label, lower case; `this-host` if nothing is left. */
export function hostName(name: string): string {
  const label =
    name
      .toLowerCase()
      .split('.')[0]
      ?.replaceAll(/[^a-z0-9-]/g, '-')
      .replaceAll(/^-+|-+$/g, '') ?? '';
  return label.slice(0, 63) || 'this-host';
}
