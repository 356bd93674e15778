/**
 * A program, not a module: Node runs it as a process of the environment's user, with its text from standard input, so that
 * a long statement blocks nobody and a hostile database file meets no rights of ours. It imports nothing of ours. Its
 * argument is a job as JSON; it prints JSON lines, `{progress}` and at last `{result}` or `{problem}`.
 */
import { hash } from 'node:crypto';
import { backup, DatabaseSync, type SQLInputValue } from 'node:sqlite';

type Job =
  | { what: 'copy'; file: string; to: string; leaveOut: string[] }
  | { what: 'check'; file: string }
  | { what: 'report'; file: string; leaveOut: string[]; counts: { name: string; sql: string }[] };
type Value = SQLInputValue | boolean;

const say = (line: object): boolean => process.stdout.write(`${JSON.stringify(line)}\n`);
const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

function open(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: false, timeout: 5_000 });
  // A part of the state that is no database says so here, before anything is done.
  database.prepare('SELECT count(*) FROM sqlite_schema').get();
  return database;
}

function check(database: DatabaseSync): string[] {
  const rows = database.prepare('PRAGMA integrity_check(20)').all();
  return rows.map((row) => String(row['integrity_check'])).filter((text) => text !== 'ok');
}

async function copy(job: Extract<Job, { what: 'copy' }>): Promise<object> {
  const source = open(job.file);
  const page = Number(source.prepare('PRAGMA page_size').get()?.['page_size']);
  const progress = ({ totalPages, remainingPages }: { totalPages: number; remainingPages: number }) => {
    say({ progress: (totalPages - remainingPages) * page });
  };
  await backup(source, job.to, { rate: 5_000, progress });
  source.close();
  const made = open(job.to);
  made.exec('PRAGMA secure_delete = ON');
  for (const table of job.leaveOut) empty(made, table);
  const problems = check(made);
  made.close(); // also brings a write-ahead log into the file and removes it
  return problems.length > 0 ? { problem: 'damaged', detail: problems.join('; ') } : { result: null };
}

/** Without the table's triggers, which would work on other tables. */
function empty(database: DatabaseSync, table: string): void {
  const there = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(table);
  if (there === undefined) return;
  const triggers = database
    .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? ORDER BY rowid")
    .all(table);
  database.exec('BEGIN');
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${quoteName(String(name))}`);
  database.exec(`DELETE FROM ${quoteName(table)}`);
  for (const { sql } of triggers) database.exec(String(sql));
  database.exec('COMMIT');
}

function report(job: Extract<Job, { what: 'report' }>): object {
  const database = open(job.file);
  database.exec('PRAGMA query_only = ON');
  const left = new Set(job.leaveOut);
  const names = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name")
    .all()
    .map(({ name }) => String(name));
  const tables = names.filter((name) => !left.has(name)).map((name) => digestTable(database, name));
  const schema = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'";
  tables.push({ name: '(schema)', ...digestRows(database, schema) });
  const counts = job.counts.map(({ name, sql }) => [name, answer(database, sql)]);
  return { result: { tables, counts } };
}

/** The one number that a SELECT answers, or null. */
function answer(database: DatabaseSync, sql: string): number | null {
  const rows = database.prepare(sql).all();
  const values = Object.values(rows[0] ?? {});
  return rows.length === 1 && values.length === 1 && typeof values[0] === 'number' ? values[0] : null;
}

function digestTable(database: DatabaseSync, table: string) {
  say({ progress: 0 });
  return { name: table, ...digestRows(database, `SELECT * FROM ${quoteName(table)}`) };
}

/** Numbers are read as such, which is fast; a table that has one that does not fit is read again with big ones. */
function digestRows(database: DatabaseSync, sql: string): { count: number; digest: string } {
  try {
    return sumRows(database, sql, false);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return sumRows(database, sql, true);
  }
}

/** The sum of a 128-bit hash of each row, in four lanes: the same in whatever order the rows lie. */
function sumRows(database: DatabaseSync, sql: string, big: boolean): { count: number; digest: string } {
  const statement = database.prepare(sql);
  statement.setReadBigInts(big);
  statement.setReturnArrays(true);
  const sum = new Uint32Array(4);
  let count = 0;
  for (const row of statement.iterate()) {
    begin();
    if (Array.isArray(row)) for (const value of row) mixValue(value);
    finish();
    for (let lane = 0; lane < 4; lane += 1) sum[lane] = ((sum[lane] ?? 0) + (lanes[lane] ?? 0)) >>> 0;
    count += 1;
  }
  return { count, digest: [...sum].map((lane) => lane.toString(16).padStart(8, '0')).join('') };
}

// The hash of a row: each lane multiplies and rotates by constants of its own (as MurmurHash3), and all are mixed at the end.
const lanes = new Uint32Array(4);
let a = 0;
let b = 0;
let c = 0;
let d = 0;

function begin(): void {
  a = 0x9e3779b9;
  b = 0x243f6a88;
  c = 0xb7e15162;
  d = 0x6a09e667;
}

function mix(word: number): void {
  a = Math.imul(a ^ word, 0x85ebca6b);
  a = (a << 13) | (a >>> 19);
  b = Math.imul(b ^ word, 0xc2b2ae35) + a;
  b = (b << 17) | (b >>> 15);
  c = Math.imul(c ^ word, 0x27d4eb2f) + b;
  c = (c << 11) | (c >>> 21);
  d = Math.imul(d ^ word, 0x165667b1) + c;
  d = (d << 19) | (d >>> 13);
}

function finish(): void {
  a = Math.imul(a ^ (a >>> 16) ^ d, 0x85ebca6b);
  b = Math.imul(b ^ (b >>> 13) ^ a, 0xc2b2ae35);
  c = Math.imul(c ^ (c >>> 16) ^ b, 0x27d4eb2f);
  d = Math.imul(d ^ (d >>> 15) ^ c, 0x165667b1);
  lanes[0] = a ^ (d >>> 15);
  lanes[1] = b ^ (a >>> 13);
  lanes[2] = c ^ (b >>> 16);
  lanes[3] = d ^ (c >>> 13);
}

/** Up to here mixing is quicker than a call of SHA-256. */
const SHORT = 100;

const real = new Float64Array(1);
const realWords = new Uint32Array(real.buffer);

function mixValue(value: Value): void {
  if (typeof value === 'string') return mixText(value);
  if (typeof value === 'number') return Number.isSafeInteger(value) ? mixWhole(value) : mixReal(value);
  if (typeof value === 'bigint') return mixBig(value);
  if (value === null || typeof value === 'boolean') return mix(1);
  mixBytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
}

function mixBytes(bytes: Uint8Array): void {
  mix(5);
  mix(bytes.length);
  if (bytes.length > SHORT) return mixDigest(hash('sha256', bytes, 'buffer'));
  for (let index = 0; index < bytes.length; index += 1) mix(bytes[index] ?? 0);
}

function mixText(text: string): void {
  mix(2);
  mix(text.length);
  if (text.length > SHORT) return mixDigest(hash('sha256', text, 'buffer'));
  for (let index = 0; index < text.length; index += 1) mix(text.charCodeAt(index));
}

function mixWhole(value: number): void {
  mix(3);
  mix(value | 0);
  mix(Math.floor(value / 2 ** 32) | 0);
}

function mixBig(value: bigint): void {
  if (value >= -(2n ** 53n) + 1n && value < 2n ** 53n) return mixWhole(Number(value));
  mix(6);
  mix(Number(BigInt.asIntN(32, value)));
  mix(Number(BigInt.asIntN(32, value >> 32n)));
}

function mixReal(value: number): void {
  real[0] = value;
  mix(4);
  mix(realWords[0] ?? 0);
  mix(realWords[1] ?? 0);
}

function mixDigest(digest: Buffer): void {
  for (let at = 0; at < digest.length; at += 4) mix(digest.readInt32LE(at));
}

async function run(job: Job): Promise<object> {
  if (job.what === 'copy') return copy(job);
  if (job.what === 'report') return report(job);
  const database = open(job.file);
  const problems = check(database);
  database.close();
  return problems.length > 0 ? { problem: 'damaged', detail: problems.join('; ') } : { result: null };
}

try {
  const job: Job = JSON.parse(process.argv.at(-1) ?? '');
  say(await run(job));
} catch (error) {
  say({ problem: 'failed', detail: error instanceof Error ? error.message : String(error) });
}
