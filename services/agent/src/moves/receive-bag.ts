import type { ApplicationPackage } from '@freehold/application-package';
import { DeploymentDocument, type HistoryProven } from '@freehold/deployment-contract';
import type { Finding } from '@freehold/kernel';
import type { StatePart } from '@freehold/state-parts';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { useCopies } from './database-copies.js';
import { GivenUp } from '../reconciler/failures.js';
import { DiskRoom } from './disk-room.js';
import { type Came, fetchAll } from './fetch-all.js';
import { noTotals, planLine, type SaidFile } from './fetch-plan.js';
import { LineSpool } from './line-spool.js';
import type { MoveFolder } from './move-folders.js';
import { bagUnreadable, contentDiffers, fileMissing } from './move-failures.js';
import type { MoveGround, MoveJob } from './move-work.js';
import { planFile, planStaged } from './plan-staged.js';
import { ProgressTeller } from './progress.js';
import { provenHistory } from './proven-history.js';
import { SaidPayload } from './said-payload.js';
import { digestOf, payloadSaid, receiveTagFiles } from './sealed-bag.js';
import { checkTree } from './check-tree.js';
import type { TransferClient } from './transfer-client.js';
import { ordered } from './tree-order.js';

const DOCUMENT_LIMIT_BYTES = 16 * 1024 ** 2;
const FINDINGS = 50;
const TRIES = 2;
const PARTS = 'data/parts/';

/** What a sealed bag says of itself: its tag files and documents are here and were checked, its parts are to be fetched. */
export interface AnnouncedBag extends AsyncDisposable {
  readonly document: DeploymentDocument;
  readonly identity: z.infer<ReturnType<typeof z.json>>;
  /** Armored, as it is. */
  readonly secrets: string;
  readonly history: HistoryProven;
  readonly parts: readonly StatePart[];
  /** Counts all that is fetched of it. */
  readonly came: Came;
  /**
   * Trees, staged with what came in rounds, and their side files, which are checked first.
   * @throws GivenUp with every file that is not as the bag says
   */
  readonly fetchTrees: (signal: AbortSignal) => Promise<void>;
  /** Dumps and changes, into the received folder. @throws GivenUp with every file that is not as the bag says */
  readonly fetchDatabases: (signal: AbortSignal) => Promise<void>;
}

export interface Receiving {
  readonly ground: MoveGround;
  readonly job: MoveJob<'restore-state'>;
  readonly client: TransferClient;
  readonly folder: MoveFolder;
  readonly app: ApplicationPackage;
}

/** Of a sealed bag, what has to be known before its parts are fetched. @throws GivenUp */
export async function receiveAnnounced(work: Receiving): Promise<AnnouncedBag> {
  const { client, folder, job } = work;
  const { received } = folder;
  job.tell('sealed rest: checks the bag');
  await receiveTagFiles(client, received, job.work.seal);
  await using stack = new AsyncDisposableStack();
  const said = stack.use(await SaidPayload.split(payloadSaid(received), folder.lists));
  const fetching = { ...work, came: { files: 0, bytes: 0 }, room: await DiskRoom.at(folder.root) };
  await fetchRest(fetching, 'documents', [said.documents()]);
  const document = await documentOf(work);
  const parts = work.ground.state.partsOf(work.app, document.settings);
  needKnown(said.parts(), parts);
  const { log } = await client.patiently(() => client.source());
  const history = await provenHistory(received, log);
  await useCopies(folder, parts);
  const identity = z.json().parse(JSON.parse(await readSmall(received, 'data/identity.json')));
  const secrets = await readSmall(received, 'data/secrets.age');
  const held = stack.move();
  const { came } = fetching;
  const [trees, databases] = [parts.filter(isOfFiles), parts.filter((part) => !isOfFiles(part))];
  const until = (signal: AbortSignal): Fetching => ({ ...fetching, job: { ...job, signal } });
  return {
    ...{ document, identity, secrets, history, parts, came },
    fetchTrees: (signal) => fetchTrees(until(signal), said, trees),
    fetchDatabases: (signal) => {
      const dumps = databases.map(({ name }) => said.part(name));
      return fetchRest(until(signal), 'databases', dumps);
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const isOfFiles = ({ kind }: StatePart): boolean => kind === 'files';

interface Fetching extends Receiving {
  readonly came: Came;
  readonly room: DiskRoom;
}

async function documentOf({ folder, job }: Receiving): Promise<DeploymentDocument> {
  const parsed = DeploymentDocument.safeParse(JSON.parse(await readSmall(folder.received, 'data/deployment.json')));
  if (!parsed.success) throw bagUnreadable('data/deployment.json cannot be read');
  const { application, version } = parsed.data;
  if (application !== job.work.application || version !== job.work.version) {
    throw bagUnreadable(
      `it holds ${application} ${version}, and ${job.work.application} ${job.work.version} was asked for`,
    );
  }
  return parsed.data;
}

function needKnown(names: readonly string[], parts: readonly StatePart[]): void {
  const unknown = names.filter((name) => !parts.some((part) => part.name === name));
  if (unknown.length > 0)
    throw bagUnreadable(`it holds parts that the package does not have: ${unknown.slice(0, 10).join(', ')}`);
}

async function fetchTrees(work: Fetching, said: SaidPayload, parts: readonly StatePart[]): Promise<void> {
  await fetchRest(work, 'lists of files', [said.sideFiles()]);
  for (const { name } of parts) await checkTree(join(work.folder.received, `${PARTS}${name}.mtree`));
  await fetchParts(work, said, parts);
}

/** Files of parts, with what was staged in rounds. All of it is planned, and has room, before any of it is fetched. */
async function fetchParts(work: Fetching, said: SaidPayload, parts: readonly StatePart[]): Promise<void> {
  const { folder, job, room } = work;
  const totals = noTotals();
  await using plans = new AsyncDisposableStack();
  const planned: { name: string; plan: LineSpool }[] = [];
  for (const { name } of parts) {
    const inOrder = ordered(below(said.part(name), `${PARTS}${name}/`), (path) => {
      throw bagUnreadable(`${path} is not in its place in the manifest`);
    });
    const plan = plans.use(await LineSpool.create(planFile(folder, name)));
    await plan.filledBy(() => planStaged({ folder, name, said: inOrder, plan, room, totals, signal: job.signal }));
    planned.push({ name, plan });
  }
  const teller = new ProgressTeller('sealed rest', totals, job.tell);
  for (const { name, plan } of planned) {
    const at = {
      plan,
      to: join(folder.staged, name),
      from: ['bag', 'data', 'parts', name],
      prefix: `${PARTS}${name}/`,
    };
    await fetchSaid(work, { ...at, teller });
  }
}

async function* below(said: AsyncIterable<SaidFile>, prefix: string): AsyncGenerator<SaidFile> {
  for await (const file of said) yield { ...file, path: file.path.slice(prefix.length) };
}

/** Those that are not here already with the right digest. */
async function fetchRest(work: Fetching, what: string, said: readonly AsyncIterable<SaidFile>[]): Promise<void> {
  const { folder, job, room } = work;
  const totals = noTotals();
  await using plan = await LineSpool.create(planFile(folder, `.${what}`));
  await plan.filledBy(async () => {
    for await (const file of oneAfterTheOther(said)) {
      const { path, sizeBytes, sha256 } = file;
      job.signal.throwIfAborted();
      if ((await digestOf(join(folder.received, path))) === sha256) continue;
      await room.take(sizeBytes);
      totals.fetchFiles += 1;
      totals.fetchBytes += sizeBytes;
      await plan.write(planLine(file));
    }
  });
  const teller = new ProgressTeller(`sealed rest, ${what}`, totals, job.tell);
  await fetchSaid(work, { plan, from: ['bag'], to: folder.received, prefix: '', teller });
}

async function* oneAfterTheOther<Entry>(all: readonly AsyncIterable<Entry>[]): AsyncGenerator<Entry> {
  for (const each of all) yield* each;
}

interface Said {
  readonly plan: LineSpool;
  readonly from: readonly string[];
  readonly to: string;
  readonly prefix: string;
  readonly teller: ProgressTeller;
}

async function fetchSaid({ client, folder, job, room, came }: Fetching, said: Said) {
  const findings: Finding[] = [];
  const here = await fetchAll({
    ...{ client, teller: said.teller, room, signal: job.signal, partial: folder.partial, tries: TRIES },
    ...{ plan: said.plan.read(), from: said.from, to: said.to },
    notAsSaid: (path, outcome) => {
      findings.push(outcome === 'missing' ? fileMissing(said.prefix + path) : contentDiffers(said.prefix + path));
      if (findings.length === FINDINGS) throw new GivenUp(findings);
    },
  });
  came.files += here.files;
  came.bytes += here.bytes;
  if (findings.length > 0) throw new GivenUp(findings);
}

/** @throws GivenUp when the bag has no such document, or one that is too large for one */
export async function readSmall(received: string, path: string): Promise<string> {
  const found = await stat(join(received, path)).catch(() => null);
  if (found === null || found.size > DOCUMENT_LIMIT_BYTES) throw bagUnreadable(`${path} is missing or too large`);
  return readFile(join(received, path), 'utf8');
}
