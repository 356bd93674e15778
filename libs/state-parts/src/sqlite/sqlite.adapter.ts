import { chmod, copyFile, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { countOf } from '../counts.js';
import {
  capturedFile,
  giveTo,
  ignoreMissing,
  makeParents,
  placeOf,
  presentPlaceOf,
  successorOf,
  syncFolder,
} from '../places.js';
import { diskFullOr, errnoOf } from '../state-failure.js';
import type { PartReport, ReportJob, Site, StateAdapter, StatePart, WorkOptions } from '../state-part.js';
import { runSqlite } from './run-sqlite.js';

const COPY = 'database.sqlite';
/** Files that SQLite keeps beside a database; of another database they would destroy it. */
const COMPANIONS = ['-wal', '-shm', '-journal'];

/** SQLite's online backup, made beside the database by the environment's user, checked, then taken away. */
async function capture(site: Site, part: StatePart, into: string, options: WorkOptions): Promise<string[]> {
  const file = await presentPlaceOf(site, part);
  const made = `${file}.freehold-capturing`;
  await removeDatabase(made);
  try {
    const leaveOut = part.leaveOut.map(({ path }) => path);
    await runSqlite(site, { what: 'copy', file, to: made, leaveOut }, options);
    await take(made, join(into, COPY));
  } finally {
    await removeDatabase(made);
  }
  return [COPY];
}

async function take(from: string, to: string): Promise<void> {
  await using handle = await open(from, 'r');
  await handle.sync();
  await rename(from, to).catch(async (error: unknown) => {
    if (errnoOf(error) !== 'EXDEV') throw error;
    await copyFile(from, to);
  });
  if (process.getuid?.() === 0) await giveTo({ user: { uid: 0, gid: 0 } }, to);
  await chmod(to, 0o600);
}

async function removeDatabase(file: string): Promise<void> {
  await Promise.all(['', ...COMPANIONS].map((end) => rm(file + end, { force: true })));
}

/** The copy beside the old database, checked there, then in its place; what SQLite kept beside the old one goes first. */
async function restore(site: Site, part: StatePart, from: string, options: WorkOptions): Promise<void> {
  const copy = await capturedFile(from, COPY);
  await makeParents(site, part);
  const file = await placeOf(site, part);
  const fresh = successorOf(file);
  await removeDatabase(fresh);
  await copyFile(copy, fresh).catch((error: unknown) => {
    throw diskFullOr(error, `copying to ${fresh}`);
  });
  await chmod(fresh, 0o600);
  await giveTo(site, fresh);
  await runSqlite(site, { what: 'check', file: fresh }, options);
  await using handle = await open(fresh, 'r');
  await handle.sync();
  await rename(file, `${file}.freehold-replaced`).catch(ignoreMissing);
  await Promise.all(COMPANIONS.map((end) => rm(file + end, { force: true })));
  await rename(fresh, file);
  await syncFolder(dirname(file));
  await removeDatabase(`${file}.freehold-replaced`);
}

const Result = z.object({
  tables: z.array(z.object({ name: z.string(), count: z.int(), digest: z.string() })),
  counts: z.array(z.tuple([z.string(), z.number().nullable()])),
});

async function report({ site, part, counts, options }: ReportJob): Promise<PartReport> {
  const file = await presentPlaceOf(site, part);
  const asked = counts.flatMap(({ name, sql }) => (sql === undefined ? [] : [{ name, sql }]));
  const leaveOut = part.leaveOut.map(({ path }) => path);
  const answer = await runSqlite(site, { what: 'report', file, leaveOut, counts: asked }, options);
  const { tables, counts: found } = Result.parse(answer);
  const numbers = found.map(([name, number]) => [name, countOf(name, [String(number)])]);
  return { part: part.name, kind: 'sqlite', tables, counts: Object.fromEntries(numbers) };
}

export const sqliteAdapter: StateAdapter = {
  capture,
  restore,
  report,
  tools: async () => ({ available: true, version: process.versions['sqlite'] ?? null, hint: null }),
};
