import { systemEnvironment } from '@freehold/platform';
import { freePort } from '@freehold/supervisor';
import { userPublicKey } from '@freehold/supervisor/nkey';
import { renderNatsConfiguration } from '@freehold/supervisor/testing';
import { nkeys } from '@nats-io/transport-node';
import fc from 'fast-check';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { InstallationFolder } from '../../kit/installation-folder.js';
import { type Configurations, type GuestImage, makeGuestImage, type Setting } from './guest-image.js';
import { PowerLedger } from './ledger.js';
import { PowerCell } from './power-cell.js';
import { CACHES, type PowerFault, type PowerRound, powerRound } from './power-round.js';

export interface PowerOptions {
  /** Cuts of a server with our settings. */
  readonly rounds: number;
  /** The same with the server's default sync interval, which is to lose something. */
  readonly control: number;
  readonly seed: number;
  readonly told: (setting: Setting, number: number, round: PowerRound) => void;
}

const EARLIEST_MS = 0;
const LATEST_MS = 4_000;
const LOG_AND_BUCKETS_BYTES = 400 * 2 ** 20;

/** All rounds by setting. Each setting has one machine and one disk, from the first cut to the last. */
export async function powerCampaign(options: PowerOptions): Promise<Record<Setting, PowerRound[]>> {
  const { FREEHOLD_NATS_SERVER: natsServer } = systemEnvironment();
  if (natsServer === undefined) throw new Error('FREEHOLD_NATS_SERVER names no server; `npm run faults` sets it');
  const folder = InstallationFolder.make();
  try {
    const seed = new TextDecoder().decode(nkeys.createUser().getSeed());
    const cache = join(homedir(), '.cache', 'freehold');
    const image = await makeGuestImage(folder.path, cache, { natsServer, configurations: configurationsFor(seed) });
    const ground: Ground = { folder, image, seed };
    return {
      ours: await roundsOf('ours', faultsOf(options.rounds, options.seed), { ground, told: options.told }),
      default: await roundsOf('default', faultsOf(options.control, options.seed), { ground, told: options.told }),
    };
  } finally {
    await folder.destroy();
  }
}

interface Ground {
  readonly folder: InstallationFolder;
  readonly image: GuestImage;
  /** Of the user that writes. */
  readonly seed: string;
}

async function roundsOf(
  setting: Setting,
  faults: readonly PowerFault[],
  { ground, told }: { ground: Ground; told: PowerOptions['told'] },
): Promise<PowerRound[]> {
  if (faults.length === 0) return [];
  const { image, seed } = ground;
  const folder = join(ground.folder.path, setting);
  mkdirSync(folder);
  await using cell = await PowerCell.start({ image, setting, folder, seed, port: await freePort() });
  const ledger = new PowerLedger();
  const rounds: PowerRound[] = [];
  for (const fault of faults) {
    const round = await powerRound(cell, ledger, fault);
    rounds.push(round);
    told(setting, rounds.length, round);
  }
  return rounds;
}

/** The same for the same seed. */
function faultsOf(rounds: number, seed: number): PowerFault[] {
  const one = fc.record({
    afterMs: fc.integer({ min: EARLIEST_MS, max: LATEST_MS }),
    keeps: fc.constantFrom(...CACHES),
    salt: fc.nat(),
  });
  return fc.sample(fc.noBias(one), { seed, numRuns: rounds });
}

/** What `up` writes, but for the address: the guest's network card instead of loopback. */
function configurationsFor(seed: string): Configurations {
  const render = (durable: boolean): string =>
    renderNatsConfiguration({
      serverName: 'power',
      port: 4222,
      storeFolder: '/disk/nats',
      maxFileBytes: LOG_AND_BUCKETS_BYTES,
      durable,
      accounts: [{ name: 'CELL', jetstream: true, users: [{ name: 'admin', publish: ['>'], subscribe: ['>'] }] }],
      publicKey: () => userPublicKey(seed),
    }).replace('listen: "127.0.0.1:', 'listen: "0.0.0.0:');
  return { ours: render(true), default: render(false) };
}
