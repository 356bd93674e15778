import { jetstreamManager } from '@nats-io/jetstream';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Calendar, type Entry, entriesIn } from './calendar.js';
import { ledgerOf } from './ledger.js';
import { moveLedgerOf } from './move-ledger.js';
import type { MoveSeen, SideSeen } from './move-verdict.js';
import { unitsIn } from './single-writer.js';
import type { Site, TwoInstallations } from './two-installations.js';

/** @param source the environment at the source */
export async function lookAtMove(pair: TwoInstallations, calendar: Calendar, source: string): Promise<MoveSeen> {
  await Promise.all(pair.both.map(({ moments }) => moments.caughtUp()));
  const arrived = [...moveLedgerOf(pair.b.moments.since).processes.values()].find((each) => each.environment !== null);
  const [a, b] = await Promise.all([
    lookAt(pair.a, calendar, source),
    lookAt(pair.b, calendar, arrived?.environment ?? 'none'),
  ]);
  return { a, b };
}

async function lookAt({ installation, moments }: Site, calendar: Calendar, environment: string): Promise<SideSeen> {
  const applications = join(installation.home, 'applications');
  const folder = join(applications, 'process', 'environments', environment);
  const { breaches, places, names, capacity, tenures } = ledgerOf(moments.commits);
  return {
    ledger: moveLedgerOf(moments.since),
    breaches,
    units: unitsIn(installation, environment),
    folder: existsSync(folder),
    onDisk: existsSync(folder) ? entriesBelow(folder) : undefined,
    shown: await calendar.entries(installation),
    held: [
      ...[...places].map((each) => `place of ${each}`),
      ...[...names.keys()].map((each) => `name ${each}`),
      ...[...capacity].map((each) => `capacity for ${each}`),
      ...[...tenures.keys()].map((each) => `tenure of ${each}`),
    ],
    jobs: (await (await jetstreamManager(moments.connection)).streams.info('JOBS')).state.messages,
    moves: movesIn(applications),
  };
}

/** Folders; a file beside them is the history that goes on with what arrived. */
function movesIn(applications: string): number {
  const folders = ['moves', join('process', 'moves')].map((each) => join(applications, each));
  const entries = folders
    .filter((each) => existsSync(each))
    .flatMap((each) => readdirSync(each, { withFileTypes: true }));
  return entries.filter((entry) => entry.isDirectory()).length;
}

function entriesBelow(folder: string): Entry[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ics') && !entry.parentPath.includes('.Radicale.cache'))
    .flatMap(({ parentPath, name }) => entriesIn(readFileSync(join(parentPath, name), 'utf8')));
}
