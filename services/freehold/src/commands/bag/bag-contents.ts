import { BagFailure, readBagInfo, readFetch, readManifest } from '@freehold/bag';
import { DeploymentDocument } from '@freehold/deployment-contract';
import { parseCheckpoint, parseHistoryProof, parseNote } from '@freehold/evidence';
import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';

interface Amount {
  files: number;
  /** Of absent files as fetch.txt has them. */
  sizeBytes: number;
  /** Files that are not here. */
  absent: number;
}

/** What a bag says of itself, unchecked. */
export interface BagContents {
  /** Labels and values in their order. */
  info: (readonly [label: string, value: string])[];
  /** data/deployment.json, if there is one that can be read. */
  deployment: DeploymentDocument | null;
  /** What data/history.proof speaks of; null: there is none that can be read. */
  history: ProofContents | null;
  /** In the order of their names. */
  parts: ({ part: string } & Amount)[];
  /** Documents and mtree files. */
  beside: Amount;
}

export interface ProofContents {
  commits: number;
  /** Position of the last one. */
  through: string | null;
  /** Origin of the log, and how many commits its checkpoint has. */
  log: string;
  size: number;
}

const MAX_DOCUMENT_BYTES = 1024 * 1024;
const MAX_PROOF_BYTES = 16 * MAX_DOCUMENT_BYTES;
const AT_ONCE = 64;

/** @throws {BagFailure} where there is no manifest-sha256.txt that can be read. */
export async function bagContents(bag: string): Promise<BagContents> {
  const amounts = new Map<string, Amount>();
  const beside: Amount = { files: 0, sizeBytes: 0, absent: 0 };
  const amountOf = (path: string): Amount => {
    const part = partOf(path);
    if (part === null) return beside;
    const amount = amounts.get(part) ?? { files: 0, sizeBytes: 0, absent: 0 };
    amounts.set(part, amount);
    return amount;
  };
  for await (const each of measured(bag, readManifest(join(bag, 'manifest-sha256.txt')))) {
    const amount = amountOf(each.path);
    amount.files += 1;
    if (each.sizeBytes === null) amount.absent += 1;
    else amount.sizeBytes += each.sizeBytes;
  }
  if ((await sizeOf(join(bag, 'fetch.txt'))) !== null)
    for await (const { file, path, sizeBytes } of measured(bag, announced(bag)))
      if (sizeBytes === null) amountOf(path).sizeBytes += file.announcedBytes;
  const parts = [...amounts].map(([part, amount]) => ({ part, ...amount }));
  return {
    info: await infoOf(join(bag, 'bag-info.txt')),
    deployment: DeploymentDocument.safeParse(jsonOf(await textOf(join(bag, 'data', 'deployment.json')))).data ?? null,
    history: proofOf(await textOf(join(bag, 'data', 'history.proof'), MAX_PROOF_BYTES)),
    parts: parts.toSorted((a, b) => (a.part < b.part ? -1 : 1)),
    beside,
  };
}

const partOf = (path: string): string | null => /^data\/parts\/([^/]+)\/./.exec(path)?.[1] ?? null;

async function* announced(bag: string) {
  for await (const { path, sizeBytes } of readFetch(join(bag, 'fetch.txt')))
    yield { path, announcedBytes: sizeBytes ?? 0 };
}

/** Files with their sizes on this disk, null for those that are not here; some at once. */
async function* measured<File extends { path: string }>(bag: string, files: AsyncIterable<File>) {
  let batch: File[] = [];
  for await (const file of files) {
    batch.push(file);
    if (batch.length < AT_ONCE) continue;
    yield* await sizesOf(bag, batch);
    batch = [];
  }
  yield* await sizesOf(bag, batch);
}

const sizesOf = <File extends { path: string }>(bag: string, files: readonly File[]) =>
  Promise.all(files.map(async (file) => ({ file, path: file.path, sizeBytes: await sizeOf(join(bag, file.path)) })));

/** Null for what is no plain file. */
const sizeOf = (path: string): Promise<number | null> =>
  lstat(path).then(
    (stats) => (stats.isFile() ? stats.size : null),
    () => null,
  );

function proofOf(text: string | null): ProofContents | null {
  const proof = parseHistoryProof(text ?? '');
  const note = proof.kind === 'read' ? parseNote(proof.value.checkpoint) : proof;
  const checkpoint = note.kind === 'read' ? parseCheckpoint(note.value.text) : note;
  if (proof.kind === 'refused' || checkpoint.kind === 'refused') return null;
  const { commits } = proof.value;
  const { origin, size } = checkpoint.value;
  return { commits: commits.length, through: commits.at(-1)?.position ?? null, log: origin, size };
}

/** Null when it is not there, a link, or longer than such a document is. */
async function textOf(path: string, maxBytes = MAX_DOCUMENT_BYTES): Promise<string | null> {
  const size = await sizeOf(path);
  if (size === null || size > maxBytes) return null;
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** What is no line of it is passed over; nothing when it is not there or cannot be read. */
const infoOf = (file: string): Promise<BagContents['info']> =>
  readBagInfo(file).then(
    ({ entries }) => entries,
    (error: unknown) => {
      if (error instanceof BagFailure) return [];
      throw error;
    },
  );

function jsonOf(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
