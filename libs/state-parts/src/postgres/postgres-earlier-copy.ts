import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { allEnded } from '../engine/all-ended.js';
import { keepEnd, PROGRAM_ENVIRONMENT, programFailed, runProgram } from '../engine/run-program.js';
import { placeOf, presentPlaceOf } from '../places.js';
import { COPY_SUMS, type Site, type StatePart, type WorkOptions } from '../state-part.js';
import { z } from 'zod';
import { BucketSums } from './bucket-sums.js';
import { databaseOf, dump, DUMP, readRecord, RECORD, writeRecord, PostgresRecord } from './postgres-dump.js';
import { digestRows } from './postgres-digest.js';
import {
  client,
  connection,
  dataVersion,
  postgresBin,
  psql,
  query,
  refuseRoot,
  type PostgresSession,
} from './postgres-engine.js';
import { type Relation, relationsOf } from './postgres-objects.js';

/** The rows of about so many blocks are looked at for one that has gone; each bucket costs whoever waits for a seal some 10 µs. */
const BLOCKS_A_BUCKET = 1;
const MOST_BUCKETS = 16_384;

/** What a copy was, by which changes are found later. */
export interface EarlierCopy {
  readonly record: PostgresRecord;
  /** Of everything but rows. */
  readonly schemaSha256: string;
  /** Which transactions it has seen (pg_snapshot): `<xmin>:<xmax>:<those between that it has not>`. */
  readonly seen: string;
  /** A bucket a table. */
  readonly totals: BucketSums;
}

/**
 * Copies a database while its server runs, as of one moment: `database.dump` and `postgres.json`, as a capture at rest has
 * them, and `copy.sums`. Answers null where nothing says how its server is reached.
 */
export async function copyPostgres(
  site: Site,
  part: StatePart,
  into: string,
  options: WorkOptions,
): Promise<string[] | null> {
  if (part.socket === undefined) return null;
  const session = await sessionOf(site, part, part.socket, options);
  const database = await databaseOf(session, part);
  await inSnapshot(session, database, async ({ snapshot, seen }) => {
    const relations = await relationsOf(session, database, part);
    const buckets = new Map(relations.map((relation) => [relation.title, bucketsFor(relation)]));
    const record = await readRecord(session, database);
    const rows = new BucketSums(buckets);
    await writeRecord(into, record);
    await allEnded([
      dump(session, { database, part, file: join(into, DUMP), snapshot }, options),
      digestRows(session, database, { relations, buckets, snapshot }, rows.told),
    ]);
    const schemaSha256 = await schemaDigest(session, database, snapshot);
    await writeEarlierCopy(join(into, COPY_SUMS), { record, schemaSha256, seen }, rows);
  });
  return [DUMP, RECORD];
}

/**
 * What would have to be written while the application is stopped: whoever first reads a row that was written notes in it
 * that its transaction has ended; and a server takes a checkpoint before it stops. Then what was read is in memory, too.
 */
export async function settlePostgres(site: Site, part: StatePart, options: WorkOptions): Promise<void> {
  if (part.socket === undefined) return;
  const session = await sessionOf(site, part, part.socket, options);
  const database = await databaseOf(session, part);
  const relations = await relationsOf(session, database, part);
  const reads = smallest(relations).map(({ quoted }) => `select count(*) from only ${quoted};`);
  await query(session, database, ['set enable_indexonlyscan = off;', ...reads, 'checkpoint;'].join('\n'));
}

/** Of 8 KiB: reading more takes longer than it saves. */
const MOST_BLOCKS = 131_072;

function smallest(relations: readonly Relation[]): Relation[] {
  let blocks = 0;
  return relations.toSorted((a, b) => a.blocks - b.blocks).filter((one) => (blocks += one.blocks) <= MOST_BLOCKS);
}

/** The server of the application itself, by its own socket. */
async function sessionOf(
  site: Site,
  part: StatePart,
  socket: string,
  { signal }: WorkOptions,
): Promise<PostgresSession> {
  refuseRoot(site);
  const majorVersion = (await dataVersion(await presentPlaceOf(site, part))) ?? 0;
  const bin = await postgresBin(majorVersion);
  await placeOf(site, { name: part.name, path: socket });
  return { site, bin, majorVersion, socketFolder: join('/proc/self/cwd', socket), cwd: site.folder, signal };
}

const bucketsFor = ({ blocks, kind }: Relation): number =>
  kind === 'S' ? 1 : Math.min(MOST_BUCKETS, 2 ** Math.ceil(Math.log2(Math.max(1, blocks / BLOCKS_A_BUCKET))));

/** Of everything but rows, as pg_dump writes it out. */
export async function schemaDigest(session: PostgresSession, database: string, snapshot?: string): Promise<string> {
  const hash = createHash('sha256');
  const seen = snapshot === undefined ? [] : [`--snapshot=${snapshot}`];
  await runProgram({
    ...client(session, 'pg_dump'),
    args: [...connection(session, database), '--schema-only', ...seen],
    onLine: (line) => {
      if (!/^\\(un)?restrict /.test(line)) hash.update(`${line}\n`); // a new random word each time
    },
  });
  return hash.digest('hex');
}

const TAKE_SNAPSHOT = `begin isolation level repeatable read read only;
select pg_export_snapshot() || ' ' || txid_current_snapshot();
`;

/** Works while a transaction is open whose view of the rows others can take. */
async function inSnapshot(
  session: PostgresSession,
  database: string,
  work: (taken: { readonly snapshot: string; readonly seen: string }) => Promise<void>,
): Promise<void> {
  const { program, args, user, cwd = '/' } = { cwd: undefined, ...psql(session, database) };
  const child = spawn(program, args, {
    env: PROGRAM_ENVIRONMENT,
    cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(user === null ? {} : { uid: user.uid, gid: user.gid }),
  });
  const complaint = keepEnd(child);
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  try {
    child.stdin.on('error', () => undefined).write(TAKE_SNAPSHOT);
    const first = await lines.next();
    if (first.done === true) throw programFailed(program, 'no snapshot', complaint());
    const [snapshot = '', seen = ''] = first.value.split(' ');
    await work({ snapshot, seen });
  } finally {
    child.stdin.end();
    await lines.return?.();
    await ended;
  }
}

/** Lines: the head, then of each table its number of buckets, and its buckets that have rows. */
async function writeEarlierCopy(file: string, head: Omit<EarlierCopy, 'totals'>, rows: BucketSums): Promise<void> {
  await using handle = await open(file, 'w', 0o600);
  await handle.appendFile(`${JSON.stringify({ ...head, totals: rows.totals() } satisfies z.infer<typeof Head>)}\n`);
  for (const title of rows.titles()) {
    await handle.appendFile(`${JSON.stringify([title, rows.size(title)])}\n`);
    await handle.appendFile(rows.lines(title));
  }
  await handle.sync();
}

const Head = z.object({
  record: PostgresRecord,
  schemaSha256: z.string(),
  seen: z.string(),
  totals: z.array(z.tuple([z.string(), z.string()])),
});
const Table = z.tuple([z.string(), z.int()]);

/** @throws ENOENT where no copy was taken */
export async function readEarlierCopy(folder: string): Promise<EarlierCopy> {
  await using handle = await open(join(folder, COPY_SUMS));
  for await (const line of handle.readLines({ autoClose: false })) {
    const { totals, ...head } = Head.parse(JSON.parse(line));
    return { ...head, totals: BucketSums.ofTotals(totals) };
  }
  throw new Error(`${folder} holds half a copy`);
}

/** The rows of a copy by the buckets of their keys. */
export async function readBuckets(folder: string): Promise<BucketSums> {
  await using handle = await open(join(folder, COPY_SUMS));
  const rows = new BucketSums(new Map());
  let title: string | undefined;
  for await (const line of handle.readLines({ autoClose: false })) {
    if (line.startsWith('[')) {
      const [next, buckets] = Table.parse(JSON.parse(line));
      rows.add((title = next), buckets);
    } else if (title !== undefined) rows.read(title, line);
  }
  return rows;
}
