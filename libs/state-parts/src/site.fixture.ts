import { chmod, chown, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StateFailure } from './state-failure.js';
import type { Site, StatePart } from './state-part.js';

/** A user that no passwd file knows, as environments have it; ourselves where we are not root. */
const FOREIGN = process.getuid?.() === 0 ? { uid: 241_877, gid: 241_877 } : null;

export interface TestSites extends AsyncDisposable {
  readonly root: string;
  /** A site with an empty folder of its own. */
  site(name: string): Promise<Site>;
  /** An empty folder of ours. */
  folder(name: string): Promise<string>;
}

export async function testSites(): Promise<TestSites> {
  const root = await mkdtemp(join(tmpdir(), 'fh-state-'));
  await chmod(root, 0o711);
  return {
    root,
    site: async (name) => {
      const folder = join(root, name);
      await mkdir(folder, { mode: 0o700 });
      if (FOREIGN !== null) await chown(folder, FOREIGN.uid, FOREIGN.gid);
      return { folder, user: FOREIGN, runFolder: join(root, 'run') };
    },
    folder: async (name) => {
      await mkdir(join(root, name), { recursive: true, mode: 0o700 });
      return join(root, name);
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

export function partOf(kind: StatePart['kind'], path: string, more: Partial<StatePart> = {}): StatePart {
  return { name: 'main', kind, path, leaveOut: [], ...more };
}

/** Private folders of engines that are still there. */
export async function leftRuns(site: Site): Promise<string[]> {
  return readdir(site.runFolder);
}

/** The failure of something that has to fail. */
export async function failureOf(work: Promise<unknown>): Promise<StateFailure> {
  const error = await work.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (error instanceof StateFailure) return error;
  throw new Error('it did not fail with a StateFailure', { cause: error });
}
