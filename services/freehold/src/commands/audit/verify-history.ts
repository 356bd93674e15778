import { type CheckedHistory, checkHistory, type OpenedCheckpoint, readHistory, sameHash } from '@freehold/evidence';
import type { Finding } from '@freehold/kernel';
import { readFile } from 'node:fs/promises';
import type { Trust } from './trusted-input.js';

/** A history with its proof: of a bag, of an export, of an evidence pack. */
export interface HistoryFiles {
  history: string;
  proof: string;
}

/** @param kept the checkpoint that somebody kept; null: the proof's own is all there is */
export async function verifyHistoryFiles(
  { history, proof }: HistoryFiles,
  trust: Trust,
  kept: OpenedCheckpoint | null,
): Promise<CheckedHistory> {
  const lines = await readHistory(history);
  const checked = checkHistory({ lines, proof: await readFile(proof), ...trust });
  const compared = kept === null || checked.checkpoint === null ? [] : compareHeads(kept, checked.checkpoint);
  const isContradicted = compared.some(({ code }) => code === 'log-rewritten');
  const side = isContradicted ? 'findings' : 'warnings';
  return { ...checked, [side]: [...checked[side], ...compared] };
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
