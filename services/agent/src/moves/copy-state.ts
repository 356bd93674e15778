import type { ApplicationPackage } from '@freehold/application-package';
import type { CopyResult } from '@freehold/deployment-contract';
import type { Site } from '@freehold/state-parts';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { environmentSpec } from '../reconciler/configure.js';
import { atRest } from './at-rest.js';
import { copiedParts, makeCopiesReady } from './database-copies.js';
import { DiskRoom } from './disk-room.js';
import { fetchAll } from './fetch-all.js';
import { noTotals, type PlanTotals } from './fetch-plan.js';
import { LineSpool } from './line-spool.js';
import type { MoveFolder } from './move-folders.js';
import { type MoveGround, type MoveJob, withClient } from './move-work.js';
import { planFile, planStaged } from './plan-staged.js';
import { ProgressTeller } from './progress.js';
import { openList, readSaid, spoolListing } from './said-listing.js';
import { siteOf } from './state-at-hand.js';
import { syncFileSystem } from './sync-file-system.js';
import { together } from './together.js';
import type { TransferClient } from './transfer-client.js';
import type { ListKind } from './transfer-path.js';

type CopyJob = MoveJob<'copy-state'>;
type Round = CopyResult['rounds'][number];

/** Files are looked at once more where copying databases took longer: what has changed meanwhile is not for the seal. */
const SOON_MS = 10_000;

/** Fetches files while the source runs, until a round moves little; then databases that can be copied ahead. */
export async function copyState(ground: MoveGround, copyJob: CopyJob): Promise<CopyResult> {
  const { work } = copyJob;
  const { app } = await ground.hands.packages.get(work.digest);
  const { trees, databases } = copiedParts(app);
  const folder = await ground.folders.make(work.move);
  const user = await ownerOf(ground, copyJob, app);
  return withClient(ground, copyJob, async (client, job) => {
    const rounds: Round[] = [];
    let by = firstList(folder, work);
    const isDone = () => isSmall(rounds.at(-1), work) || rounds.length >= work.maxRounds;
    const oneMore = async () => {
      const label = `round ${rounds.length + 1}`;
      rounds.push(await copyRound({ job, client, folder, names: trees, label, user, by }));
      by = 'listing';
    };
    while (!isDone()) await oneMore();
    if (databases.length > 0) {
      const beganAt = performance.now();
      await copyRound({ job, client, folder, names: databases, label: 'databases', by: 'listing' });
      await makeCopiesReady(ground, job, folder);
      if (performance.now() - beganAt > SOON_MS) await oneMore();
    }
    await syncFileSystem(folder.root); // what is on the disk now is not waited for after the seal
    await globalThis.gc?.({ type: 'major', execution: 'async', flavor: 'last-resort' }); // what rounds took is given back
    return { rounds, small: isSmall(rounds.at(-1), work) };
  });
}

/** Whose the files will be: the environment is made for it. Undefined: nobody has said yet what it may use. */
async function ownerOf(ground: MoveGround, { job, work }: CopyJob, app: ApplicationPackage) {
  const { amounts } = work;
  if (amounts === null) return undefined;
  const spec = environmentSpec(app, job.environment, amounts);
  return siteOf(await atRest(ground, job, () => ground.hands.backend.create(spec))).user;
}

/**
 * Where nothing is here yet, everything is fetched, whatever its digest: neither side hashes then. The next round does, and
 * finds out what changed meanwhile, unless the first was small. Were there none, all that is large would be hashed after the
 * seal, while the application stands.
 */
const firstList = ({ staged }: MoveFolder, { maxRounds }: CopyJob['work']): ListKind =>
  !existsSync(staged) && maxRounds > 1 ? 'outline' : 'listing';

const isSmall = (round: Round | undefined, { restBytes, restShare }: CopyJob['work']): boolean =>
  round !== undefined && round.fetchedBytes <= Math.max(restBytes, round.bytes * restShare);

export interface RoundWork {
  readonly job: CopyJob;
  readonly client: TransferClient;
  readonly folder: MoveFolder;
  readonly names: readonly string[];
  /** Whose its files are to be; null: ours. Absent: they are none of a tree. */
  readonly user?: Site['user'] | undefined;
  /** What it asks the source for. */
  readonly by: ListKind;
  /** What it is called in what is told. */
  readonly label: string;
}

/** What a round has come to so far. */
interface Tally {
  readonly totals: PlanTotals;
  readonly teller: ProgressTeller;
  readonly room: DiskRoom;
  readonly fetched: { files: number; bytes: number };
  changedFiles: number;
}

export async function copyRound(round: RoundWork): Promise<Round> {
  const { job, client, folder, names, label } = round;
  const beganAt = performance.now();
  job.tell(`${label}: looks at what there is`);
  const totals = noTotals();
  let planned = 0;
  const teller = new ProgressTeller(label, totals, job.tell, { grows: () => planned < names.length });
  const room = await DiskRoom.at(folder.root);
  const tally = { totals, teller, room, fetched: { files: 0, bytes: 0 }, changedFiles: 0 };
  for (const name of names) await copyPart(round, name, { tally, isPlanned: () => (planned += 1) });
  await client.rest(); // the next round begins by hashing, in threads of its own
  const durationMs = Math.round(performance.now() - beganAt);
  const { fetched, changedFiles } = tally;
  const { files, bytes } = totals;
  return { files, bytes, fetchedFiles: fetched.files, fetchedBytes: fetched.bytes, changedFiles, durationMs };
}

/**
 * Files are fetched while the source still lists: its list goes to one file, the plan that is made of it to another, and
 * each is read as it grows. A part that the source does not have is passed over.
 */
async function copyPart(
  round: RoundWork,
  name: string,
  { tally, isPlanned }: { readonly tally: Tally; readonly isPlanned: () => void },
): Promise<void> {
  const { job, client, folder, by } = round;
  const { totals, room } = tally;
  const failing = new AbortController();
  const signal = AbortSignal.any([job.signal, failing.signal]);
  const opened = await openList(by, name, { client, signal });
  if (opened === null) return isPlanned();
  await using list = await LineSpool.create(join(folder.lists, `${name}.said`));
  await using plan = await LineSpool.create(planFile(folder, name));
  const planPart = async () => {
    const said = readSaid(name, list, totals, job.work);
    await plan.filledBy(() => planStaged({ folder, name, said, plan, room, totals, signal }));
    isPlanned();
  };
  await together(failing, [
    () => list.filledBy(() => spoolListing(name, opened, { client, spool: list, signal })),
    planPart,
    () => fetchPart(round, name, { tally, plan, signal }),
  ]);
}

async function fetchPart(
  { client, folder, user }: RoundWork,
  name: string,
  { tally, plan, signal }: { readonly tally: Tally; readonly plan: LineSpool; readonly signal: AbortSignal },
): Promise<void> {
  const { teller, room, fetched } = tally;
  const came = await fetchAll({
    ...{ client, teller, room, signal, partial: folder.partial, plan: plan.read(), tries: 1 },
    ...{ from: ['file', name], to: join(folder.staged, name), user },
    notAsSaid: () => (tally.changedFiles += 1),
  });
  fetched.files += came.files;
  fetched.bytes += came.bytes;
}
