import { jetStreamEvidence, ensureEvidence, LogEvidence } from '@freehold/audit';
import {
  commitLeaf,
  commitLeafHashes,
  KeptTiles,
  MerkleTree,
  memoryTiles,
  noteSigners,
  readNoteKeys,
  readTree,
  type TileStore,
} from '@freehold/evidence';
import { type Log, memoryLog } from '@freehold/log';
import { eventually } from '@freehold/supervisor/testing';
import { createHash, generateKeyPairSync, hash, randomInt } from 'node:crypto';
import { DurableGround } from '../append/durable-ground.js';
import type { BenchOptions, Report } from '../bench.js';
import { HEADING, lineOf, seconds, type Spread, spreadOf } from '../rounds.js';
import { numberedCommits } from './numbered-commits.js';

const LEAVES = 1_000_000;
const BATCH = 4_096;
const PROOFS = 500;
const BAR_RATIO = 3;
const BAR_PROOF_MS = 5;

interface Round {
  treeMs: number;
  eachMs: number;
  streamMs: number;
  /** From nothing to a signed checkpoint of all, tiles synced in JetStream. */
  keptMs: number;
  /** Of single proofs from JetStream: by readers that share tiles, as the audit does, and by those that share nothing. */
  proofs: { kept: readonly number[]; fresh: readonly number[] };
}

/** The tree over 1 M commits beside SHA-256 of the same bytes, the same tree into the store of a cell, and proofs out of it. */
export async function proofsBench({ rounds, say }: BenchOptions): Promise<Report> {
  const measured: Round[] = [];
  for (let n = 1; n <= rounds; n += 1) {
    const round = { ...(await hashing()), ...(await keeping()) };
    say(`round ${n} of ${rounds}: tree ${seconds(round.treeMs)}, into JetStream ${seconds(round.keptMs)}`);
    measured.push(round);
  }
  return reportOf(measured);
}

/** Batch by batch, each of the three over the same bytes; making commits is not timed. */
async function hashing(): Promise<Pick<Round, 'treeMs' | 'eachMs' | 'streamMs'>> {
  const tree = await MerkleTree.open(memoryTiles());
  const stream = createHash('sha256');
  let [treeMs, eachMs, streamMs] = [0, 0, 0];
  for (let from = 0; from < LEAVES; from += BATCH) {
    const commits = numberedCommits(from, Math.min(LEAVES, from + BATCH));
    const leaves = commits.map(commitLeaf);
    treeMs += await timed(async () => tree.append(commitLeafHashes(commits)));
    eachMs += await timed(async () => leaves.forEach((leaf) => hash('sha256', leaf, 'buffer')));
    streamMs += await timed(async () => leaves.forEach((leaf) => stream.update(leaf)));
  }
  treeMs += await timed(async () => tree.settle());
  stream.digest();
  return { treeMs, eachMs, streamMs };
}

async function keeping(): Promise<Pick<Round, 'keptMs' | 'proofs'>> {
  await using ground = await DurableGround.start();
  const connection = await ground.connect();
  try {
    await ensureEvidence(connection);
    const store = jetStreamEvidence(connection);
    const { privateKey } = generateKeyPairSync('ed25519');
    const keys = readNoteKeys('log.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    const signers = () => noteSigners('bench.example/log', keys, Date.now());
    const evidence = new LogEvidence({ log: longLog(), store, signers, signEveryMs: 1_000, lookEveryMs: 20 });
    const keptMs = await timed(async () => {
      evidence.start();
      const signed = () => evidence.health().details['signed'] === LEAVES;
      if (!(await eventually(async () => signed(), { timeoutMs: 120_000 })))
        throw new Error(`not all was signed: ${JSON.stringify(evidence.health())}`);
    });
    await evidence.stop();
    return { keptMs, proofs: await proving(store.tiles) };
  } finally {
    await connection.close();
  }
}

function longLog(): Log {
  return {
    ...memoryLog(),
    async *followRaw(_after, { signal }) {
      for (let from = 0; from < LEAVES; from += BATCH) yield* numberedCommits(from, Math.min(LEAVES, from + BATCH));
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  };
}

async function proving(tiles: TileStore): Promise<Round['proofs']> {
  const shared = new KeptTiles();
  const [kept, fresh]: [number[], number[]] = [[], []];
  for (let n = 0; n < PROOFS; n += 1) {
    const index = randomInt(LEAVES);
    kept.push(await timed(() => readTree(tiles, LEAVES, shared).inclusionProof(index)));
    fresh.push(await timed(() => readTree(tiles, LEAVES).inclusionProof(index)));
  }
  return { kept, fresh };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

function reportOf(rounds: readonly Round[]): Report {
  const of = (value: (round: Round) => number): Spread => spreadOf(rounds.map(value));
  const quantile = (which: 'kept' | 'fresh', at: number): Spread =>
    of(({ proofs }) => proofs[which].toSorted((a, b) => a - b)[Math.floor(proofs[which].length * at)] ?? Number.NaN);
  const perEach = of(({ treeMs, eachMs }) => treeMs / eachMs);
  const perStream = of(({ treeMs, streamMs }) => treeMs / streamMs);
  const proofs = {
    keptP50: quantile('kept', 0.5),
    keptP99: quantile('kept', 0.99),
    freshP50: quantile('fresh', 0.5),
    freshP99: quantile('fresh', 0.99),
  };
  return {
    bench: 'proofs',
    bar: `the tree ≤ ${BAR_RATIO} × SHA-256 of each leaf; a proof out of JetStream < ${BAR_PROOF_MS} ms (p99), medians`,
    reached: perEach.median <= BAR_RATIO && proofs.keptP99.median < BAR_PROOF_MS,
    lines: [
      `${rounds.length} rounds of ${LEAVES} commits of 752 bytes; ${PROOFS} proofs each`,
      HEADING,
      lineOf(
        'the tree, in memory',
        of(({ treeMs }) => treeMs),
        seconds,
      ),
      lineOf(
        'SHA-256 of each leaf by itself',
        of(({ eachMs }) => eachMs),
        seconds,
      ),
      lineOf(
        'SHA-256 of all as one stream',
        of(({ streamMs }) => streamMs),
        seconds,
      ),
      lineOf('  tree, times each by itself', perEach, times),
      lineOf('  tree, times one stream', perStream, times),
      lineOf(
        'tree and checkpoints in JetStream',
        of(({ keptMs }) => keptMs),
        seconds,
      ),
      lineOf('a proof, tiles kept: p50', proofs.keptP50, milliseconds),
      lineOf('a proof, tiles kept: p99', proofs.keptP99, milliseconds),
      lineOf('a proof, nothing kept: p50', proofs.freshP50, milliseconds),
      lineOf('a proof, nothing kept: p99', proofs.freshP99, milliseconds),
    ],
    figures: {
      treeMs: of(({ treeMs }) => treeMs),
      eachMs: of(({ eachMs }) => eachMs),
      streamMs: of(({ streamMs }) => streamMs),
      keptMs: of(({ keptMs }) => keptMs),
      perEach,
      perStream,
      proofs,
    },
  };
}

const times = (ratio: number): string => `${ratio.toFixed(2)} ×`;
const milliseconds = (ms: number): string => `${ms.toFixed(2)} ms`;
