/**
 * Packages on this host: fetched from the object store by digest, checked, kept, and laid out as files for hooks.
 *
 *     <packages>/<digest>/            laid out, 0755, ours: applications may read and not write
 *     <packages>/<digest>.package     the archive; its digest is checked whenever it is read
 *
 * A crash leaves a folder with a name that begins with a dot; only a rename makes one that counts.
 */
import {
  archive,
  PackageAltered,
  type ApplicationPackage,
  type PackageStore,
  unarchive,
} from '@freehold/application-package';
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { errnoOf } from '../backend/backend-failure.js';
import { sweepUnfinished, writeDurably } from '../journal/durable-file.js';
import { GivenUp, NotAnswered } from '../reconciler/failures.js';
import { findHostPrograms } from './host-programs.js';

export interface LaidOutPackage {
  readonly app: ApplicationPackage;
  /** Absolute; where the package's files lie. */
  readonly folder: string;
}

export class PackageCache {
  readonly #loaded = new Map<string, LaidOutPackage>();

  private constructor(
    private readonly root: string,
    private readonly store: () => Promise<PackageStore>,
  ) {}

  static async open(root: string, store: () => Promise<PackageStore>): Promise<PackageCache> {
    await mkdir(root, { recursive: true, mode: 0o755 });
    await sweepUnfinished(root);
    return new PackageCache(root, store);
  }

  /** @throws NotAnswered when the store does not answer or has it not yet · GivenUp when it was altered */
  async get(digest: string): Promise<LaidOutPackage> {
    const known = this.#loaded.get(digest);
    if (known !== undefined) return placed(known);
    const app = (await this.#read(digest)) ?? (await this.#fetch(digest));
    const folder = join(this.root, digest);
    await this.#layOut(folder, app);
    const laidOut = { app, folder };
    this.#loaded.set(digest, laidOut);
    return placed(laidOut);
  }

  async #read(digest: string): Promise<ApplicationPackage | null> {
    const bytes = await readFile(this.#file(digest)).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return null;
      throw error;
    });
    const result = bytes === null ? null : unarchive(bytes, { digest });
    return result?.kind === 'loaded' ? result.package : null;
  }

  async #fetch(digest: string): Promise<ApplicationPackage> {
    const found = await this.store()
      .then((store) => store.get(digest))
      .catch((error: unknown) => {
        if (error instanceof PackageAltered) throw new GivenUp([alteredFinding(error)], error);
        throw new NotAnswered('the package store', error);
      });
    if (found === null) throw new NotAnswered(`the package ${digest}`);
    await writeDurably(this.#file(digest), Buffer.from(archive(found).bytes).toString('utf8'));
    return found;
  }

  async #layOut(folder: string, app: ApplicationPackage): Promise<void> {
    if ((await stat(folder).catch(() => null)) !== null) return;
    const fresh = join(this.root, `.${randomUUID()}`);
    try {
      await makeFolder(fresh);
      for (const { path, content } of app.files) {
        await makeFolder(dirname(join(fresh, path)));
        await writeFile(join(fresh, path), content, { mode: 0o644 });
        await chmod(join(fresh, path), 0o644);
      }
      await rename(fresh, folder);
    } catch (error) {
      if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST') throw error;
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  }

  #file(digest: string): string {
    return join(this.root, `${digest}.package`);
  }
}

/** With where it lies, and where the host's programs lie that it may use. */
async function placed({ app, folder }: LaidOutPackage): Promise<LaidOutPackage> {
  const needed = app.description.variants.process?.needs.programs.map(({ name }) => name) ?? [];
  const found = needed.length === 0 ? {} : await findHostPrograms();
  const host = Object.fromEntries(
    needed.flatMap((name): [string, string][] => {
      const program = found[name];
      return program === undefined ? [] : [[name, program.folder]];
    }),
  );
  return { app: { ...app, placed: { folder, host } }, folder };
}

/** Open to be read, whatever the umask. */
async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await chmod(folder, 0o755);
}

const alteredFinding = (error: PackageAltered) => ({
  pointer: '/digest',
  code: 'package-altered',
  detail: error.message,
  hint: error.hint,
});
