import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { errnoOf } from '../backend/errno.js';

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** Not there, or reached only through a link or something that is no folder. */
const NOT_INSIDE = new Set(['ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO', 'EISDIR', 'ENAMETOOLONG', 'ENODEV']);

/** What is open, until it is disposed of. */
export class Opened implements Disposable {
  readonly fd: number;

  constructor(fd: number) {
    this.fd = fd;
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

/**
 * Opens a regular file below a folder, through handles of the folders on the way (openat(2) by /proc/self/fd) and without
 * following any link: who owns the folder cannot lead us elsewhere. Null: there is no such file. Other errors are the disk's.
 * At once, for it is done for each of a million files: a thread would take longer to wake than this takes.
 */
export function openInside(folder: string, names: readonly string[]): Opened | null {
  const name = names.at(-1);
  if (name === undefined) return null;
  try {
    using above = openAbove(folder, names.slice(0, -1));
    const file = new Opened(openSync(within(above, name), READ));
    if (fstatSync(file.fd).isFile()) return file;
    file[Symbol.dispose]();
    return null;
  } catch (error) {
    if (NOT_INSIDE.has(errnoOf(error) ?? '')) return null;
    throw error;
  }
}

function openAbove(folder: string, names: readonly string[]): Opened {
  let at = new Opened(openSync(folder, FOLDER));
  for (const name of names) {
    using above = at;
    at = new Opened(openSync(within(above, name), FOLDER));
  }
  return at;
}

/** The caller closes it. `owner`: folders that are missing are made, mode 0700, and given to this user. */
export async function openFolderInside(
  folder: string,
  names: readonly string[],
  owner?: { readonly uid: number; readonly gid: number },
): Promise<FileHandle> {
  let at = await open(folder, FOLDER);
  for (const name of names) {
    const above = at;
    try {
      const made = owner !== undefined && (await makeIn(above, name));
      at = await open(within(above, name), FOLDER);
      if (made) await at.chown(owner.uid, owner.gid);
    } finally {
      await above.close();
    }
  }
  return at;
}

/** A path of this name in an open folder, good while the folder is open. */
export function within(folder: { readonly fd: number }, name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) throw new Error('that is no name of a file');
  return `/proc/self/fd/${folder.fd}/${name}`;
}

async function makeIn(folder: FileHandle, name: string): Promise<boolean> {
  try {
    await mkdir(within(folder, name), { mode: 0o700 });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}
