import { closeSync, constants, openSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { componentsOf } from '../places.js';

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** By its descriptor, which whoever opened it closes. */
export type OpenFolder = Pick<FileHandle, 'fd'>;

/** A name inside an open folder, whatever its path has become since: Linux's way to say openat(2). */
export function nameIn(folder: OpenFolder, name: string): string {
  return `/proc/self/fd/${folder.fd}/${name}`;
}

/**
 * A folder of a folder; never through a link, which the environment's user could have put there a moment ago. At once,
 * in some 10 µs: by another thread it would be 100 µs.
 */
export function openFolderIn(folder: OpenFolder, name: string): OpenFolder {
  return { fd: openSync(nameIn(folder, name), FOLDER) };
}

export const closeFolder = ({ fd }: OpenFolder): void => closeSync(fd);

/** Opens `path` below a folder of ours, name by name. The caller closes it. */
export async function openFolderBelow(root: string, path: string): Promise<FileHandle> {
  const names = componentsOf(path);
  let folder = await open(root, constants.O_RDONLY | constants.O_DIRECTORY);
  for (const name of names) {
    const outer = folder;
    try {
      folder = await open(nameIn(outer, name), FOLDER);
    } finally {
      await outer.close();
    }
  }
  return folder;
}

/** The open folders on the way to the path that was asked for last: cheap for paths in the order of a listing. */
export class OpenFolders {
  readonly #root: FileHandle;
  readonly #way: { readonly name: string; readonly folder: OpenFolder }[] = [];
  #path = '';

  constructor(root: FileHandle) {
    this.#root = root;
  }

  /** The folder with this path ('' is the root), open until another one is asked for. */
  at(path: string): OpenFolder {
    if (path !== this.#path) this.#goTo(path);
    return this.#way.at(-1)?.folder ?? this.#root;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close(0);
    await this.#root.close();
  }

  #goTo(path: string): void {
    const names = path === '' ? [] : path.split('/');
    const kept = this.#way.findIndex(({ name }, depth) => name !== names[depth]);
    this.#close(kept === -1 ? Math.min(this.#way.length, names.length) : kept);
    for (const name of names.slice(this.#way.length)) {
      this.#way.push({ name, folder: openFolderIn(this.#way.at(-1)?.folder ?? this.#root, name) });
      this.#path = this.#way.map((one) => one.name).join('/');
    }
  }

  #close(from: number): void {
    for (const { folder } of this.#way.splice(from)) closeFolder(folder);
    this.#path = this.#way.map(({ name }) => name).join('/');
  }
}

/** `a/b/c` → `a/b` and `c`. */
export function splitPath(path: string): { folder: string; name: string } {
  const at = path.lastIndexOf('/');
  return { folder: path.slice(0, Math.max(at, 0)), name: path.slice(at + 1) };
}
