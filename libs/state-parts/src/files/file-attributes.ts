import type { MtreeEntry } from '@freehold/bag';
import {
  type BigIntStats,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  futimesSync,
  lchownSync,
  lutimesSync,
  openSync,
} from 'node:fs';
import { StateFailure } from '../state-failure.js';
import type { Site } from '../state-part.js';
import { nameIn, type OpenFolders, splitPath } from './open-folders.js';

/** Set-user-id and the like are nobody's state. Of folders the set-group-id bit only means whose new files are. */
const FILE_MODE = 0o777;
const FOLDER_MODE = 0o3777;

/**
 * Gives entries owner, mode and times as listed, where they have others: all at once, in some 30 µs for a file that
 * differs; as waits for another thread it would be 500 µs, and there may be many files. A folder's come when all that is
 * in it is done, so that they stay.
 */
export class FileAttributes {
  readonly #open: MtreeEntry[] = [];

  constructor(
    private readonly user: Site['user'],
    private readonly folders: OpenFolders,
  ) {}

  /** @param stat as it is there; undefined: it was made just now. In the order of the listing. */
  set(entry: MtreeEntry, stat: BigIntStats | undefined): void {
    this.#leave(entry.path);
    if (entry.type === 'dir') this.#open.push(entry);
    else if (stat === undefined || !this.#isAsListed(entry, stat)) this.#apply(entry);
  }

  /** Nothing comes after it. */
  end(): void {
    this.#leave(null);
  }

  #leave(path: string | null): void {
    for (let last = this.#open.at(-1); last !== undefined; last = this.#open.at(-1)) {
      if (path?.startsWith(`${last.path}/`) === true) return;
      this.#open.pop();
      this.#apply(last);
    }
  }

  #isAsListed({ type, mode, mtimeNs }: MtreeEntry, stat: BigIntStats): boolean {
    const { user } = this;
    if (stat.mtimeNs / NS_SET !== mtimeNs / NS_SET) return false;
    if (user !== null && (stat.uid !== BigInt(user.uid) || stat.gid !== BigInt(user.gid))) return false;
    return type === 'link' || stat.mode % 0o10000n === BigInt(modeOf({ type, mode }));
  }

  #apply(entry: MtreeEntry): void {
    const { folder, name } = splitPath(entry.path);
    const path = nameIn(this.folders.at(folder), name);
    const time = timeOf(entry.mtimeNs);
    if (entry.type !== 'link') return this.#applyOpen(path, entry, time);
    if (this.user !== null) lchownSync(path, this.user.uid, this.user.gid);
    lutimesSync(path, time, time);
  }

  #applyOpen(path: string, entry: MtreeEntry, time: number | Date): void {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const there = fstatSync(fd, { bigint: true });
      if (entry.type === 'file' ? !there.isFile() : !there.isDirectory()) {
        const hint = 'Nobody may work here meanwhile; repeat the step.';
        throw new StateFailure('state-changed', `${entry.path} is something else by now`, { hint });
      }
      if (this.#isAsListed(entry, there)) return;
      if (this.user !== null) fchownSync(fd, this.user.uid, this.user.gid);
      fchmodSync(fd, modeOf(entry));
      futimesSync(fd, time, time);
    } finally {
      closeSync(fd);
    }
  }
}

const modeOf = ({ type, mode }: Pick<MtreeEntry, 'type' | 'mode'>): number =>
  mode & (type === 'file' ? FILE_MODE : FOLDER_MODE);

/** What Node sets of a time: to the microsecond, which is all that libuv takes. */
const NS_SET = 1_000n;

/**
 * A time as Node sets it, in the middle of its microsecond, so that a floating-point number does not fall into the one
 * before. Before 1970 only a Date is understood, to the millisecond.
 */
function timeOf(ns: bigint): number | Date {
  if (ns < 0n) return new Date(Number(ns / 1_000_000n));
  return (Number(ns / 1_000n) + 0.5) / 1_000_000;
}
