import { type OpenedCheckpoint, sameHash, verifyHistory } from '@freehold/evidence';
import type { Finding } from '@freehold/kernel';
import { readFile } from 'node:fs/promises';
import { chainFindings, ownCommits, readHistory } from './history-file.js';
import type { Trust } from './trusted-input.js';

/** A history with its proof: of a bag, of an export, of an evidence pack. */
export interface HistoryFiles {
  history: string;
  proof: string;
}

export interface CheckedHistory {
  findings: Finding[];
  warnings: Finding[];
  commits: number;
  checkpoint: OpenedCheckpoint | null;
}

/** @param kept the checkpoint that somebody kept; null: the proof's own is all there is */
export async function checkHistory(
  { history, proof }: HistoryFiles,
  trust: Trust,
  kept: OpenedCheckpoint | null,
): Promise<CheckedHistory> {
  const read = await readHistory(history);
  const proofBytes = await readFile(proof);
  const { own, earlier } = ownCommits(read.commits, proofBytes);
  const verified = verifyHistory({ commits: own, proof: proofBytes, ...trust });
  const chain = chainFindings(own);
  const compared = kept === null || verified.checkpoint === null ? [] : compareHeads(kept, verified.checkpoint);
  const isContradicted = compared.some(({ code }) => code === 'log-rewritten');
  return {
    findings: [...read.findings, ...verified.findings, ...chain.findings, ...(isContradicted ? compared : [])],
    warnings: [
      ...(isContradicted ? [] : compared),
      ...(earlier === 0 ? [] : [ofEarlier(earlier)]),
      ...(chain.begins === 1 ? [] : [beginsLate(chain.begins)]),
    ],
    commits: own.length,
    checkpoint: verified.checkpoint,
  };
}

function compareHeads(kept: OpenedCheckpoint, proven: OpenedCheckpoint): Finding[] {
  const [a, b] = [kept.checkpoint, proven.checkpoint];
  if (a.size !== b.size) return [notCompared(a.size, b.size)];
  return sameHash(a.root, b.root) ? [] : [contradicts(a.size)];
}

const contradicts = (size: number): Finding => ({
  pointer: '/checkpoint',
  code: 'log-rewritten',
  detail: `The checkpoint of the proof and the one that was kept both have ${size} commits, are both signed, and are not the same.`,
  hint: 'The log was rewritten and signed again. Keep both checkpoints: together they are the proof.',
});

const notCompared = (kept: number, proven: number): Finding => ({
  pointer: '/checkpoint',
  code: 'checkpoints-not-compared',
  detail: `The proof leads to a checkpoint of ${proven} commits, the kept one has ${kept}: that one continues the other is not shown by these files.`,
  hint: 'A copy shows it (freehold audit copy, then audit verify with the kept checkpoint), and so does a witness’s signature on both.',
});

const ofEarlier = (count: number): Finding => ({
  pointer: '/history',
  code: 'earlier-providers',
  detail: `${count} commits stand before those of this log; they came along from earlier providers.`,
  hint: 'They are proven by those providers’ logs only.',
});

const beginsLate = (version: number): Finding => ({
  pointer: '/history',
  code: 'history-begins-late',
  detail: `The history begins with version ${version}; what was before is not in it.`,
  hint: 'Ask for the whole history, or look into a copy of the log.',
});
