import { historyLine, type OpenedCheckpoint, tlogProofOf } from '@freehold/evidence';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CommandFailure } from '../../../cli/command-failure.js';
import { hasCode } from '../../../private-file.js';
import { publicKeyOf } from '../trusted-input.js';
import { type ProvenCommit, stepsOf } from './collect-pack.js';
import { fileNameOf, packReadme } from './pack-readme.js';
import { lifePicture, treePicture } from './pictures.js';
import { reportHtml } from './report-html.js';
import { reportPdf } from './report-pdf.js';
import { reportOf } from './report.js';

export interface PackContent {
  /** In order; one at least. */
  commits: readonly ProvenCommit[];
  /** `history.proof` of them. */
  proof: string;
  checkpoint: OpenedCheckpoint;
  note: string;
}

/** Writes a pack as a new folder, whole or not at all: who dies leaves `<folder>.packing`, which the next attempt removes. */
export async function writePack(folder: string, content: PackContent): Promise<void> {
  await refuseOccupied(folder);
  const beside = `${folder.replace(/\/+$/, '')}.packing`;
  await rm(beside, { recursive: true, force: true });
  for (const [path, bytes] of packFiles(content)) {
    await mkdir(dirname(join(beside, path)), { recursive: true });
    await writeFile(join(beside, path), bytes);
  }
  await rename(beside, folder);
}

/** All files of a pack: of the same commits, proof and checkpoint always the same bytes. */
export function packFiles({ commits, proof, checkpoint, note }: PackContent): Map<string, string | Uint8Array> {
  const verifierKey = publicKeyOf(checkpoint);
  const newest = commits.at(-1)!;
  const { origin, size, root } = checkpoint.checkpoint;
  const report = reportOf(commits, { origin, subject: newest.subject, checkpoint });
  const leaf = `leaf ${newest.index + 1} of ${size}: the commit at ${newest.position}`;
  const pictures = { life: lifePicture(report.life), tree: treePicture(stepsOf(newest, { size, root }), root, leaf) };
  return new Map<string, string | Uint8Array>([
    ['README.txt', packReadme({ origin, size, newest, verifierKey: verifierKey.text })],
    ['report.html', reportHtml(report, pictures)],
    ['report.pdf', reportPdf(report, pictures)],
    ['history.jsonl', commits.map((commit) => `${historyLine(commit)}\n`).join('')],
    ['history.proof', proof],
    ['checkpoint', note],
    ['log.vkey', `${verifierKey.text}\n`],
    ['log.pem', verifierKey.pem],
    ...commits.map((commit) => [`leaves/${fileNameOf(commit)}.leaf`, commit.leaf] as const),
    ...commits.map((commit) => [`proofs/${fileNameOf(commit)}.tlog-proof`, tlogProofOf(commit, note)] as const),
  ]);
}

async function refuseOccupied(folder: string): Promise<void> {
  try {
    if ((await readdir(folder)).length === 0) return;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  throw new CommandFailure(`${folder} is not empty`, 'Name a folder that is not there.');
}
