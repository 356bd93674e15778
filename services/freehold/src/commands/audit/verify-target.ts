import { access, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CommandFailure } from '../../cli/command-failure.js';
import { EXIT } from '../../cli/exit-codes.js';
import type { HistoryFiles } from './verify-history.js';

/** What there is to verify, by how it lies there. */
export type VerifyTarget =
  | { kind: 'copy'; folder: string }
  /** `pack`: the folder, if it is one of `freehold audit pack`. */
  | ({ kind: 'history'; pack: string | null } & HistoryFiles);

/** @throws CommandFailure when it is none of them. */
export async function verifyTargetOf(path: string): Promise<VerifyTarget> {
  const isFolder = (await stat(path)).isDirectory();
  if (!isFolder) {
    return { kind: 'history', history: join(dirname(path), 'history.jsonl'), proof: path, pack: null };
  }
  if (await isThere(join(path, 'tile'))) return { kind: 'copy', folder: path };
  for (const folder of [join(path, 'data'), path]) {
    const files = { history: join(folder, 'history.jsonl'), proof: join(folder, 'history.proof') };
    if (!(await isThere(files.history)) || !(await isThere(files.proof))) continue;
    const pack = (await isThere(join(folder, 'leaves'))) ? folder : null;
    return { kind: 'history', ...files, pack };
  }
  throw new CommandFailure(
    `${path} holds neither a copy of a log nor a history with its proof`,
    'Name a folder with tile/ (freehold audit copy), a bag or a pack with history.jsonl and history.proof, or the proof itself.',
    EXIT.notFound,
  );
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
