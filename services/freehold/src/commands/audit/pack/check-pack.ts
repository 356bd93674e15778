import { commitLeaf, type OpenedCheckpoint, parseHistoryProof, readHistory } from '@freehold/evidence';
import type { Finding } from '@freehold/kernel';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProvenCommit } from './collect-pack.js';
import { packFiles } from './write-pack.js';

/** Written for people, so another version may write them otherwise. */
const FOR_READING = new Set(['README.txt', 'report.html', 'report.pdf']);

/**
 * The rest of a pack whose history and proof were verified: everything in it follows from those two, so it is made again and
 * compared byte by byte.
 */
export async function checkPack(
  folder: string,
  checkpoint: OpenedCheckpoint,
): Promise<{ findings: Finding[]; warnings: Finding[] }> {
  const proof = await readFile(join(folder, 'history.proof'), 'utf8');
  const parsed = parseHistoryProof(proof);
  const commits = (await readHistory(join(folder, 'history.jsonl'))).filter((line) => line !== null);
  if (parsed.kind === 'refused' || commits.length === 0) return { findings: [], warnings: [] };
  const proofs = new Map(parsed.value.commits.map((each) => [each.position, each]));
  const proven = commits.flatMap((commit): ProvenCommit[] => {
    const known = proofs.get(commit.position);
    return known === undefined ? [] : [{ ...commit, ...known, leaf: commitLeaf(commit) }];
  });
  const wanted = packFiles({ commits: proven, proof, checkpoint, note: parsed.value.checkpoint });
  const differing: string[] = [];
  for (const [path, bytes] of wanted) {
    const there = await readFile(join(folder, path)).catch(() => null);
    if (there === null || !there.equals(Buffer.from(bytes))) differing.push(path);
  }
  const strange = (await readdir(folder, { recursive: true })).filter((path) => /[.]/.test(path) && !wanted.has(path));
  return {
    findings: differing.filter((path) => !FOR_READING.has(path)).map(otherFile),
    warnings: [...differing.filter((path) => FOR_READING.has(path)).map(otherReading), ...strange.map(strangeFile)],
  };
}

const otherFile = (path: string): Finding => ({
  pointer: `/${path}`,
  code: 'pack-file-wrong',
  detail: `${path} is not what follows from the commits and their proof.`,
  hint: 'The history itself was proven. Ask for the pack again; keep this one as evidence.',
});

const otherReading = (path: string): Finding => ({
  pointer: `/${path}`,
  code: 'report-other',
  detail: `${path} was changed, or was written by another version of Freehold: do not rely on what it says.`,
  hint: 'What was proven are the commits in history.jsonl.',
});

const strangeFile = (path: string): Finding => ({
  pointer: `/${path}`,
  code: 'file-strange',
  detail: `${path} does not belong to the pack.`,
  hint: 'Nothing is proven of it.',
});
