import { abandonMove, takeMove, undoMove } from '@freehold/portability-contract';
import { setTimeout as pause } from 'node:timers/promises';
import { changeAllKeys } from './change-keys.js';
import { Cut } from './cut.js';
import type { Disturbance, Side } from './move-fault.js';
import type { Site, TwoInstallations } from './two-installations.js';
import { bringBack, kill, type Victim, VICTIMS } from './victims.js';

/** What people need to disturb a move: known once it was granted, and once it was taken. */
export interface UnderWay {
  readonly granted: Promise<{ readonly departure: string; readonly grant: string }>;
  readonly taken: Promise<{ readonly process: string }>;
}

/** For how long what passes by itself lasts. */
const LASTS_MS = 12_000;
const HOUR_S = 3_600;
/** A slow platform: stopped for the first, going on for the second. */
const RHYTHM_MS = [400, 100] as const;

/** Resolves when the disturbance is over, or has happened where it lasts. @throws when what was killed does not come back */
export async function disturb(what: Disturbance, pair: TwoInstallations, move: UnderWay): Promise<void> {
  if (what === 'platforms') return void (await Promise.all(pair.both.map((site) => killed(site, 'platform'))));
  if (what === 'grant-late') return clockOf(pair.a).ahead(2 * HOUR_S);
  if (what === 'abandon' || what === 'undo' || what === 'grant-twice') return people(what, pair, move);
  if (what === 'keys') {
    const change = () => Promise.all(pair.both.map(({ installation }) => changeAllKeys(installation)));
    return stopped(pair.a.installation.pid, change); // so that the move is not over before the new ones sign
  }
  const [side, how = ''] = what.split('.');
  const site = pair[side === 'a' ? 'a' : ('b' satisfies Side)];
  const victim = VICTIMS.find((each) => each === how);
  if (victim !== undefined) return killed(site, victim);
  return PASSING[how]?.(site);
}

const PASSING: Readonly<Record<string, (site: Site) => Promise<void>>> = {
  cut: async ({ installation }) => {
    using _cut = new Cut(installation.router.address);
    await pause(LASTS_MS);
  },
  silent: async ({ installation }) => {
    await stopped(installation.pid, () => pause(LASTS_MS));
  },
  slow: async ({ installation }) => {
    const { pid } = installation;
    for (const until = performance.now() + LASTS_MS; performance.now() < until; await pause(RHYTHM_MS[1]))
      await stopped(pid, () => pause(RHYTHM_MS[0]));
  },
  full: async ({ disk }) => {
    if (disk === undefined) throw new Error('there is no disk of its own to fill: that needs root');
    disk.fill();
    await pause(LASTS_MS);
    disk.free();
  },
  clock: async (site) => clockOf(site).ahead(HOUR_S),
};

async function killed({ installation }: Site, victim: Victim): Promise<void> {
  await kill(installation, victim);
  await bringBack(installation, victim);
}

async function stopped(pid: number, during: () => Promise<unknown>): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  try {
    await during();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

/** Refused is an answer: it may be too late for it. */
async function people(what: 'abandon' | 'undo' | 'grant-twice', pair: TwoInstallations, move: UnderWay): Promise<void> {
  const { a, b } = pair;
  const { departure, grant } = await move.granted;
  if (what === 'abandon')
    return void (await a.by.client.call(abandonMove, { params: { operator: a.by.operator, departure }, body: {} }));
  const { process } = await move.taken;
  const params = { operator: b.by.operator };
  if (what === 'grant-twice') return void (await b.by.client.call(takeMove, { params, body: { grant } }));
  await b.installation.client.call(undoMove, { params: { ...params, process }, body: {} });
}

function clockOf({ clock }: Site) {
  if (clock === undefined) throw new Error('these installations have no clocks of their own');
  return clock;
}
