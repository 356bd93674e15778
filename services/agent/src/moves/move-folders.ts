/**
 * The agent's part of a move: the source serves state over HTTP, the target pulls it, checks it and puts it in place.
 *
 * Owns: one folder a move, 0700, on the disk of the environments, so that a rename puts what was fetched in place.
 * Invariants: nothing is served without a token of this cell's portability, for this move and this environment; no link
 * is followed and no path leaves its part; nothing of a bag is put in place before its digests were right; nothing is
 * ever held in memory as a whole. What a crash leaves is used or replaced by the repeat of the job.
 *
 *     source   live ──copy rounds──▶ stopped ──capture──▶ bag/ (tag files, documents, dumps; files stay where they are)
 *     target   staged/ ◀──rounds, then the sealed rest──  received/ ──checked──▶ environment, reported at rest
 *
 *     <moves>/<move>/
 *       digests/<part>           source: digests of files by inode, size and times
 *       copies/<part>/           source: a database as it was while the application ran
 *       bag/  captured.json      source: the sealed bag, and at which generation it was made
 *       staged/<part>/…          target: files of parts, under their own names; digests/<part> as at the source
 *       partial/                 target: files that are not whole yet, resumed by byte range
 *       lists/                   target: what the source has, and what is to be fetched of it
 *       received/                target: tag files, documents and dumps of the sealed bag
 *       placed.json              target: parts whose staged folder may lie in the environment already
 *     <moves>/history-<environment>.jsonl     what happened to what arrived before it arrived; goes on with it
 */
import { Id } from '@freehold/kernel';
import { chmod, copyFile, mkdir, mkdtemp, open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syncFolder } from '../journal/durable-file.js';

export interface MoveFolder {
  readonly root: string;
  readonly digests: string;
  readonly copies: string;
  readonly bag: string;
  readonly captured: string;
  readonly staged: string;
  readonly partial: string;
  readonly lists: string;
  readonly received: string;
  readonly placed: string;
}

export class MoveFolders {
  private constructor(private readonly root: string) {}

  static async open(root: string): Promise<MoveFolders> {
    await mkdir(root, { recursive: true, mode: 0o700 });
    await chmod(root, 0o700);
    return new MoveFolders(root);
  }

  /** Where it lies, whether it is there or not. */
  of(move: string): MoveFolder {
    const root = join(this.root, Id.parse(move));
    const at = (name: string) => join(root, name);
    return {
      ...{
        root,
        digests: at('digests'),
        copies: at('copies'),
        bag: at('bag'),
        captured: at('captured.json'),
        staged: at('staged'),
      },
      ...{ partial: at('partial'), lists: at('lists'), received: at('received'), placed: at('placed.json') },
    };
  }

  async make(move: string): Promise<MoveFolder> {
    const folder = this.of(move);
    for (const each of [folder.root, folder.digests]) await mkdir(each, { recursive: true, mode: 0o700 });
    return folder;
  }

  /** What earlier providers recorded of what arrived in this environment; not there for what was ordered here. */
  earlierHistory(environment: string): string {
    return join(this.root, `history-${Id.parse(environment)}.jsonl`);
  }

  async keepHistory(environment: string, { received }: MoveFolder): Promise<void> {
    const fresh = join(this.root, `.history-${Id.parse(environment)}`);
    await copyFile(join(received, 'data', 'history.jsonl'), fresh);
    await syncFile(fresh);
    await rename(fresh, this.earlierHistory(environment));
    await syncFolder(this.root);
  }

  async forgetHistory(environment: string): Promise<void> {
    await rm(this.earlierHistory(environment), { force: true });
  }

  /** What is gone already succeeds. `keepDigests`: what was made while the application ran stays, copies of databases too. */
  async erase(move: string, { keepDigests = false } = {}): Promise<void> {
    const { root, digests, copies, ...rest } = this.of(move);
    const paths = keepDigests ? Object.values(rest) : [root, digests, copies];
    for (const path of paths) await rm(path, { recursive: true, force: true });
  }
}

/** A short folder for sockets and temporary files, which other users may pass through; removed afterwards. */
export async function withRunFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'fh-'));
  try {
    await chmod(folder, 0o711);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function syncFile(path: string): Promise<void> {
  await using handle = await open(path, 'r');
  await handle.sync();
}
