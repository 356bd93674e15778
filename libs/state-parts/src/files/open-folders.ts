import { constants, open, type FileHandle } from 'node:fs/promises';
import { componentsOf } from '../places.js';

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** A name inside an open folder, whatever its path has become since: Linux's way to say openat(2). */
export function nameIn(folder: FileHandle, name: string): string {
  return `/proc/self/fd/${folder.fd}/${name}`;
}

/** A folder of a folder; never through a link, which the environment's user could have put there a moment ago. */
export function openFolderIn(folder: FileHandle, name: string): Promise<FileHandle> {
  return open(nameIn(folder, name), FOLDER);
}

/** Opens `path` below a folder of ours, name by name. The caller closes it. */
export async function openFolderBelow(root: string, path: string): Promise<FileHandle> {
  const names = componentsOf(path);
  let folder = await open(root, constants.O_RDONLY | constants.O_DIRECTORY);
  for (const name of names) {
    const outer = folder;
    try {
      folder = await openFolderIn(outer, name);
    } finally {
      await outer.close();
    }
  }
  return folder;
}

/** The open folders on the way to the path that was asked for last: cheap for paths in the order of a listing. */
export class OpenFolders {
  readonly #root: FileHandle;
  readonly #way: { readonly name: string; readonly handle: FileHandle }[] = [];

  constructor(root: FileHandle) {
    this.#root = root;
  }

  /** The folder with this path ('' is the root), open until another one is asked for. */
  async at(path: string): Promise<FileHandle> {
    const names = path === '' ? [] : path.split('/');
    const kept = this.#way.findIndex(({ name }, depth) => name !== names[depth]);
    await this.#close(kept === -1 ? Math.min(this.#way.length, names.length) : kept);
    for (const name of names.slice(this.#way.length)) {
      const handle = await openFolderIn(this.#way.at(-1)?.handle ?? this.#root, name);
      this.#way.push({ name, handle });
    }
    return this.#way.at(-1)?.handle ?? this.#root;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close(0);
    await this.#root.close();
  }

  async #close(from: number): Promise<void> {
    for (const { handle } of this.#way.splice(from)) await handle.close();
  }
}

/** `a/b/c` → `a/b` and `c`. */
export function splitPath(path: string): { folder: string; name: string } {
  const at = path.lastIndexOf('/');
  return { folder: path.slice(0, Math.max(at, 0)), name: path.slice(at + 1) };
}
