import { checkPath } from '@freehold/bag';
import type { CopyResult } from '@freehold/deployment-contract';
import type { Listed } from '@freehold/state-parts';
import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchAll, type FetchAll } from './fetch-all.js';
import { LineFile, noTotals, type PlanTotals, type SaidFile } from './fetch-plan.js';
import { endLine, listingLine, readListing } from './listing-lines.js';
import type { MoveFolder } from './move-folders.js';
import { listingUnreadable, tooLarge } from './move-failures.js';
import { type MoveGround, type MoveJob, needRoom, withClient } from './move-work.js';
import { planFile, planStaged } from './plan-staged.js';
import { ProgressTeller } from './progress.js';
import type { TransferClient } from './transfer-client.js';
import { ordered } from './tree-order.js';

type CopyJob = MoveJob<'copy-state'>;
type Round = CopyResult['rounds'][number];

/** Fetches files of all parts of kind `files` while the source runs, until a round moves little. */
export async function copyState(ground: MoveGround, job: CopyJob): Promise<CopyResult> {
  const { work } = job;
  const { app } = await ground.hands.packages.get(work.digest);
  const names = new Set(app.description.state.flatMap(({ kind, name }) => (kind === 'files' ? [name] : [])));
  const folder = await ground.folders.make(work.move);
  return withClient(ground, job, async (client) => {
    const rounds: Round[] = [];
    let small = false;
    while (!small && rounds.length < work.maxRounds) {
      const round = await copyRound({ job, client, folder, names: [...names], number: rounds.length + 1 });
      rounds.push(round);
      small = isSmall(round, work);
    }
    return { rounds, small };
  });
}

const isSmall = ({ bytes, fetchedBytes }: Round, { restBytes, restShare }: CopyJob['work']): boolean =>
  fetchedBytes <= Math.max(restBytes, bytes * restShare);

interface RoundWork {
  readonly job: CopyJob;
  readonly client: TransferClient;
  readonly folder: MoveFolder;
  readonly names: readonly string[];
  readonly number: number;
}

async function copyRound(round: RoundWork): Promise<Round> {
  const { job, folder, number } = round;
  const beganAt = performance.now();
  const totals = noTotals();
  job.tell(`round ${number}: looks at what there is`);
  const parts: string[] = [];
  for (const name of round.names) if (await planPart(round, name, totals)) parts.push(name);
  await needRoom(folder.root, totals.fetchBytes);
  const meter = { filesDone: 0, bytesDone: 0, files: totals.fetchFiles, bytes: totals.fetchBytes };
  const teller = new ProgressTeller(`round ${number}`, meter, job.tell);
  const fetched = { files: 0, bytes: 0 };
  let changedFiles = 0;
  for (const name of parts) {
    const came = await fetchAll({
      ...fetchOf(round, name, teller),
      notAsSaid: () => (changedFiles += 1),
    });
    fetched.files += came.files;
    fetched.bytes += came.bytes;
  }
  const durationMs = Math.round(performance.now() - beganAt);
  const { files, bytes } = totals;
  return { files, bytes, fetchedFiles: fetched.files, fetchedBytes: fetched.bytes, changedFiles, durationMs };
}

const fetchOf = (
  { client, folder, job }: RoundWork,
  name: string,
  teller: ProgressTeller,
): Omit<FetchAll, 'notAsSaid'> => ({
  ...{ client, teller, signal: job.signal, partial: folder.partial },
  plan: planFile(folder, name),
  from: ['file', name],
  to: join(folder.staged, name),
  tries: 1,
});

/** False: the source has no such part. */
async function planPart(round: RoundWork, name: string, totals: PlanTotals): Promise<boolean> {
  const { folder, job, client } = round;
  await mkdir(folder.lists, { recursive: true, mode: 0o700 });
  const list = join(folder.lists, `${name}.said`);
  if (!(await client.patiently(() => saveListing(client, name, list)))) return false;
  const said = limited(readSaid(name, list), totals, job.work);
  await planStaged({ folder, name, said, totals, signal: job.signal });
  return true;
}

/** The source's list goes to disk first: it is read at the network's pace, and joined at the disk's. */
async function saveListing(client: TransferClient, name: string, file: string): Promise<boolean> {
  const opened = await client.open(['listing', name]);
  if (opened === null) return false;
  await using lines = await LineFile.create(file);
  let entries = 0;
  for await (const entry of readListing(opened, refuse(name))) {
    await lines.write(listingLine(entry));
    entries += 1;
  }
  await lines.write(endLine(entries));
  return true;
}

async function* readSaid(name: string, file: string): AsyncGenerator<Listed> {
  const entries = readListing(createReadStream(file), refuse(name));
  yield* ordered(checked(name, entries), (path) => refuse(name)(`${path} is not in its place`));
}

async function* checked(name: string, entries: AsyncIterable<Listed>): AsyncGenerator<Listed> {
  for await (const entry of entries) {
    if (entry.path === '.' || entry.path === '') continue;
    const [finding] = checkPath(entry.path, `/parts/${name}`);
    if (finding !== undefined) refuse(name)(finding.detail);
    yield entry;
  }
}

const refuse =
  (name: string) =>
  (why: string): never => {
    throw listingUnreadable(name, why);
  };

/** Files, while they are no more than is allowed. Links and folders are put right from the bag. */
async function* limited(
  entries: AsyncIterable<Listed>,
  totals: PlanTotals,
  { maxBytes, maxFiles }: CopyJob['work'],
): AsyncGenerator<SaidFile> {
  for await (const entry of entries) {
    if (entry.type !== 'file') continue;
    if (maxFiles !== null && totals.files >= maxFiles) throw tooLarge(`more than ${maxFiles} files`);
    if (maxBytes !== null && totals.bytes + entry.sizeBytes > maxBytes) throw tooLarge(`more than ${maxBytes} bytes`);
    yield entry;
  }
}
