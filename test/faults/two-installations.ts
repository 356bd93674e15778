import { freePort } from '@freehold/supervisor';
import { join } from 'node:path';
import { ensureBuilt } from '../kit/clone.js';
import { Installation, type Operator } from '../kit/installation.js';
import { InstallationFolder } from '../kit/installation-folder.js';
import { FakeClock } from './fake-clock.js';
import { LoopDisk } from './loop-disk.js';
import { Moments } from './moments.js';
import type { Disturbance, Side } from './move-fault.js';

/** An installation and what is needed to disturb and to watch it. */
export interface Site {
  readonly side: Side;
  readonly installation: Installation;
  readonly moments: Moments;
  readonly by: Operator;
  readonly disk: LoopDisk | undefined;
  readonly clock: FakeClock | undefined;
}

/** What this machine must have for some disturbances; each costs a little, so that only those get it that need it. */
export interface Equipment {
  readonly disks: boolean;
  readonly clocks: boolean;
  readonly routes: boolean;
}

export const equipmentFor = (whats: readonly Disturbance[]): Equipment => ({
  disks: whats.some((what) => what.endsWith('.full')),
  clocks: whats.some((what) => what.endsWith('.clock') || what === 'grant-late'),
  routes: whats.some((what) => what.endsWith('.cut')),
});

/** @throws Error with all that this machine lacks: what is found in the middle would count as a wrong end. */
function assertHas({ disks, clocks, routes }: Equipment): void {
  const missing = [
    ...(clocks && !FakeClock.isInstalled() ? ['libfaketime, for clocks (apt-get install libfaketime)'] : []),
    ...((disks || routes) && process.getuid?.() !== 0 ? ['root, for full disks and cuts'] : []),
  ];
  if (missing.length > 0) throw new Error(`missing: ${missing.join('; ')}. Or choose others with --what.`);
}

const ZONES = { a: 'freehold.test', b: 'elsewhere.test' } as const;

/** Source and target, side by side on this machine. */
export class TwoInstallations implements AsyncDisposable {
  private constructor(
    readonly a: Site,
    readonly b: Site,
  ) {}

  static async start(equipment: Equipment): Promise<TwoInstallations> {
    assertHas(equipment);
    await ensureBuilt();
    const a = await startSite('a', equipment);
    try {
      return new TwoInstallations(a, await startSite('b', equipment));
    } catch (error) {
      await endSite(a);
      throw error;
    }
  }

  get both(): readonly [Site, Site] {
    return [this.a, this.b];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endSite(this.b);
    await endSite(this.a);
  }
}

async function startSite(side: Side, equipment: Equipment): Promise<Site> {
  const folder = InstallationFolder.make();
  const at = (...path: string[]) => join(folder.path, ...path);
  const disk = equipment.disks ? LoopDisk.mount(at('home', 'applications'), at('disk.img')) : undefined;
  const clock = equipment.clocks ? FakeClock.in(at('clock')) : undefined;
  const options = { args: ['--zone', ZONES[side]], ...(clock === undefined ? {} : { env: clock.env }) };
  const installation = new Installation(folder, options, { api: await freePort(), router: await freePort() });
  try {
    await installation.restart();
    const moments = await Moments.of(installation.home);
    const by = await installation.registerOperator({ places: 50 });
    return { side, installation, moments, by, disk, clock };
  } catch (error) {
    disk?.[Symbol.dispose]();
    await folder.destroy();
    throw error;
  }
}

async function endSite({ moments, installation, disk }: Site): Promise<void> {
  await moments[Symbol.asyncDispose]();
  disk?.[Symbol.dispose]();
  await installation[Symbol.asyncDispose]();
}
