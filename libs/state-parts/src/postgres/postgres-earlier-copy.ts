import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { keepEnd, PROGRAM_ENVIRONMENT, programFailed, runProgram } from '../engine/run-program.js';
import { placeOf, presentPlaceOf } from '../places.js';
import type { Site, StatePart, WorkOptions } from '../state-part.js';
import { databaseOf, dump, DUMP, readRecord, RECORD, writeRecord, type PostgresRecord } from './postgres-dump.js';
import { digestRows, type RowSums } from './postgres-digest.js';
import {
  client,
  connection,
  dataVersion,
  postgresBin,
  psql,
  refuseRoot,
  type PostgresSession,
} from './postgres-engine.js';
import { type Relation, relationsOf } from './postgres-objects.js';

/** What the base was, by which changes are found later. Ours alone; it does not travel. */
export const SUMS = 'base.sums';

/** About so many rows are told apart from others. */
const ROWS_A_BLOCK = 4;
const MOST_BUCKETS = 65_536;

/** Tables of a base: digests of their rows by bucket. */
export interface EarlierCopy {
  readonly record: PostgresRecord;
  /** Of everything but rows. */
  readonly schemaSha256: string;
  readonly buckets: ReadonlyMap<string, number>;
  readonly sums: ReadonlyMap<string, ReadonlyMap<number, string>>;
}

/**
 * Copies a database while its server runs, as of one moment: `database.dump` and `postgres.json`, as a capture at rest has
 * them, and `base.sums`. Answers null where nothing says how its server is reached.
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
  await inSnapshot(session, database, async (snapshot) => {
    const relations = await relationsOf(session, database, part);
    const buckets = new Map(relations.map((relation) => [relation.title, bucketsFor(relation)]));
    const record = await readRecord(session, database);
    const sums = new BucketSums();
    await writeRecord(into, record);
    const work = await Promise.allSettled([
      dump(session, { database, part, file: join(into, DUMP), snapshot }, options),
      digestRows(session, database, { relations, buckets, snapshot }, sums.told),
    ]);
    for (const one of work) if (one.status === 'rejected') throw one.reason;
    const schemaSha256 = await schemaDigest(session, database, snapshot);
    await writeEarlierCopy(join(into, SUMS), { record, schemaSha256, buckets, sums: sums.texts() });
  });
  return [DUMP, RECORD];
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
  kind === 'S' ? 1 : Math.min(MOST_BUCKETS, 2 ** Math.ceil(Math.log2(Math.max(1, blocks * ROWS_A_BLOCK))));

/** Adds up what is told of the same bucket. */
export class BucketSums {
  readonly #tables = new Map<string, Map<number, RowSums>>();

  readonly told = (title: string, bucket: number, { count, sums }: RowSums): void => {
    if (count === 0) return;
    const table = this.#tables.get(title) ?? new Map<number, RowSums>();
    this.#tables.set(title, table);
    const before = table.get(bucket) ?? { count: 0, sums: [0n, 0n] };
    const both = [before.sums[0] + sums[0], before.sums[1] + sums[1]] as const;
    table.set(bucket, { count: before.count + count, sums: both });
  };

  texts(): Map<string, Map<number, string>> {
    const text = ({ count, sums }: RowSums) => `${count} ${sums.join(' ')}`;
    return new Map(
      [...this.#tables].map(([title, table]) => [title, new Map([...table].map(([b, s]) => [b, text(s)]))]),
    );
  }
}

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

/** Works while a transaction is open whose view of the rows others can take. */
async function inSnapshot(
  session: PostgresSession,
  database: string,
  work: (snapshot: string) => Promise<void>,
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
    child.stdin
      .on('error', () => undefined)
      .write('begin isolation level repeatable read read only;\nselect pg_export_snapshot();\n');
    const first = await lines.next();
    if (first.done === true) throw programFailed(program, 'no snapshot', complaint());
    await work(first.value);
  } finally {
    child.stdin.end();
    await lines.return?.();
    await ended;
  }
}

/** Lines: the head, then of each table its number of buckets, and its buckets. */
async function writeEarlierCopy(file: string, { record, schemaSha256, buckets, sums }: EarlierCopy): Promise<void> {
  await using handle = await open(file, 'w', 0o600);
  await handle.appendFile(`${JSON.stringify({ record, schemaSha256 })}\n`);
  for (const [title, count] of buckets) {
    const lines = [...(sums.get(title) ?? [])].map(([bucket, text]) => `${bucket} ${text}\n`);
    await handle.appendFile(`${JSON.stringify([title, count])}\n${lines.join('')}`);
  }
  const rest = [...sums].filter(([title]) => !buckets.has(title));
  for (const [title, table] of rest)
    await handle.appendFile(`${JSON.stringify([title, 1])}\n0 ${table.get(0) ?? ''}\n`);
  await handle.sync();
}

/** @throws ENOENT where no base was taken */
export async function readEarlierCopy(folder: string): Promise<EarlierCopy> {
  await using handle = await open(join(folder, SUMS));
  const buckets = new Map<string, number>();
  const sums = new Map<string, Map<number, string>>();
  let head: Pick<EarlierCopy, 'record' | 'schemaSha256'> | undefined;
  let table = new Map<number, string>();
  for await (const line of handle.readLines({ autoClose: false })) {
    if (head === undefined) head = JSON.parse(line);
    else if (line.startsWith('[')) {
      const [title, count] = JSON.parse(line);
      buckets.set(title, count);
      table = new Map();
      sums.set(title, table);
    } else {
      const at = line.indexOf(' ');
      table.set(Number(line.slice(0, at)), line.slice(at + 1));
    }
  }
  if (head === undefined) throw new Error(`${folder} holds half a base`);
  return { ...head, buckets, sums };
}
