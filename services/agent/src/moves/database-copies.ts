/**
 * Databases that are copied while their application runs (ADR 0028). The source takes a copy once a move and lists it as
 * it lists files; the target fetches it in its rounds and restores it beside the environment's state. After the seal only
 * what has changed since is captured, fetched and applied. Nothing depends on it: where a copy is not there, cannot be
 * taken or does not fit, the sealed bag holds a dump of everything.
 */
import type { ApplicationPackage } from '@freehold/application-package';
import { log } from '@freehold/platform';
import {
  copyAhead,
  COPY_SUMS,
  makeReady,
  settle,
  type Site,
  StateFailure,
  type StatePart,
} from '@freehold/state-parts';
import { link, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf } from '../backend/backend-failure.js';
import { syncFolder } from '../journal/durable-file.js';
import { environmentSpec } from '../reconciler/configure.js';
import { atRest } from './at-rest.js';
import { type MoveFolder, withRunFolder } from './move-folders.js';
import type { MoveGround, MoveJob } from './move-work.js';
import { siteOf, type StateOf } from './state-at-hand.js';

/** Where the files of a part are served from: of a database, from its copy. */
export interface ServedPart extends Pick<StateOf, 'folder' | 'user'> {
  readonly part: StatePart;
}

export function servedPart(state: StateOf, name: string, { copies }: MoveFolder): ServedPart | null {
  const part = state.parts.find((one) => one.name === name);
  if (part?.kind === 'files') return { ...state, part };
  if (part?.socket === undefined) return null;
  const leaveOut = [{ path: COPY_SUMS }];
  return { folder: copies, user: null, part: { name, kind: 'files', path: name, leaveOut } };
}

/**
 * Takes the copy of a database, unless this move has one: then its server only writes down what it holds in memory, for it
 * may be stopped soon. Where the copy cannot be taken, its folder is empty.
 */
export async function takeCopy(
  state: StateOf,
  name: string,
  { copies }: MoveFolder,
  signal: AbortSignal,
): Promise<void> {
  const part = state.parts.find((one) => one.name === name);
  const into = join(copies, name);
  if (part === undefined || part.kind === 'files') return;
  if (await isThere(into)) return settleLive(state, part, signal);
  const fresh = join(copies, `.${name}`);
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  try {
    await withRunFolder((runFolder) => copyAhead({ ...state, runFolder }, part, fresh, { signal }));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof StateFailure)) throw error;
    log().warn({ err: error, part: name }, 'a database cannot be copied while it runs; it is dumped after the seal');
    await rm(fresh, { recursive: true });
    await mkdir(fresh, { mode: 0o700 });
  }
  await rename(fresh, into);
  await syncFolder(copies);
}

async function settleLive(state: StateOf, part: StatePart, signal: AbortSignal): Promise<void> {
  try {
    await withRunFolder((runFolder) => settle({ ...state, runFolder }, part, { signal }));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof StateFailure)) throw error;
    log().warn({ err: error, part: part.name }, 'a database writes down what it holds only when it is stopped');
  }
}

/** The copy that a capture may build on. */
export const copyOf = ({ copies }: MoveFolder, { name }: StatePart): string => join(copies, name);

/** Names of parts that a source may list while it runs. */
export function copiedParts({ description: { state } }: ApplicationPackage): Record<'trees' | 'databases', string[]> {
  const named = (parts: typeof state) => [...new Set(parts.map(({ name }) => name))];
  const databases = state.filter(({ socket }) => socket !== undefined);
  return { trees: named(state.filter(({ kind }) => kind === 'files')), databases: named(databases) };
}

/** Restores the copies that came, beside what is in place. A failure is told, and leaves the work for after the seal. */
export async function makeCopiesReady(
  ground: MoveGround,
  job: MoveJob<'copy-state'>,
  folder: MoveFolder,
): Promise<void> {
  const { amounts, digest } = job.work;
  const { app } = await ground.hands.packages.get(digest);
  const came: StatePart[] = [];
  for (const part of ground.state.declaredParts(app).filter(({ socket }) => socket !== undefined)) {
    if ((await filesIn(join(folder.staged, part.name))).length > 0) came.push(part);
  }
  if (came.length === 0 || amounts === null) return;
  await atRest(ground, job.job, async () => {
    const environment = await ground.hands.backend.create(environmentSpec(app, job.job.environment, amounts));
    await withRunFolder(async (runFolder) => {
      for (const part of came) await readyOne({ ...siteOf(environment), runFolder }, part, { folder, job });
    });
  });
}

async function readyOne(
  site: Site,
  part: StatePart,
  { folder, job }: { readonly folder: MoveFolder; readonly job: Pick<MoveJob<'copy-state'>, 'signal' | 'tell'> },
): Promise<void> {
  const { signal, tell } = job;
  tell(`restores what was copied ahead: ${part.name}`);
  try {
    await makeReady(site, part, join(folder.staged, part.name), { signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof StateFailure)) throw error;
    log().warn(
      { err: error, part: part.name },
      'a copied database cannot be made ready; it is restored after the seal',
    );
  }
}

/** What came ahead lies where the bag has it; whether it is what the bag has, is for its digests to say. */
export async function useCopies({ staged, received }: MoveFolder, parts: readonly StatePart[]): Promise<void> {
  for (const { name, kind } of parts) {
    if (kind === 'files') continue;
    for (const file of await filesIn(join(staged, name))) {
      const path = join(received, 'data', 'parts', name, file);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await link(join(staged, name, file), path).catch((error: unknown) => {
        if (errnoOf(error) !== 'EEXIST') throw error;
      });
    }
  }
}

const isThere = async (folder: string): Promise<boolean> => (await namesIn(folder)) !== null;
const filesIn = async (folder: string): Promise<string[]> => (await namesIn(folder)) ?? [];

async function namesIn(folder: string): Promise<string[] | null> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}
