import {
  formatAddCheckpoint,
  type LogFiles,
  type OpenedCheckpoint,
  parseTilePath,
  readTree,
  sameHash,
  TileUnreadable,
  type TrustedTiles,
  trustedTiles,
} from '@freehold/evidence';
import type { Finding } from '@freehold/kernel';
import { EvidenceRefused } from './audit-action.js';
import { openTrusted } from './trusted-input.js';
import type { Alarm, Witness } from './witness.js';

/** What one look at a log showed. */
export type Look =
  | { kind: 'cosigned'; size: number; before: number }
  | { kind: 'unchanged'; size: number }
  /** An older checkpoint, of the same log. */
  | { kind: 'behind'; size: number; known: number }
  /** Nothing was signed so far. */
  | { kind: 'empty' }
  /** The checkpoint cannot be followed: its tiles are not there, or do not lead to it. It may be on its way. */
  | { kind: 'unclear'; finding: Finding }
  | { kind: 'alarm'; alarm: Alarm };

/**
 * Looks at a log once: does its checkpoint continue the one that was cosigned last, by its own tiles? Then it is cosigned.
 *
 * @throws CommandFailure when the log does not answer.
 */
export async function lookAt(log: LogFiles, witness: Witness, at: number): Promise<Look> {
  const bytes = await log.get('checkpoint');
  if (bytes === null) return witness.state === null ? { kind: 'empty' } : { kind: 'unclear', finding: GONE };
  const note = Buffer.from(bytes).toString('utf8');
  const raise = async (findings: readonly Finding[]): Promise<Look> => ({
    kind: 'alarm',
    alarm: await witness.alarm(note, findings, at),
  });
  let shown: OpenedCheckpoint['checkpoint'];
  try {
    shown = openTrusted(bytes, { ...witness.trust, quorum: 0 }, 'the checkpoint').checkpoint;
  } catch (error) {
    if (error instanceof EvidenceRefused) return raise(error.findings);
    throw error;
  }
  const known = witness.state;
  if (known !== null && shown.size === known.size && sameHash(shown.root, known.root)) {
    return { kind: 'unchanged', size: known.size };
  }
  if (known !== null && shown.size < known.size) {
    const isBehind = await leadsTo(log, known, shown);
    return isBehind ? { kind: 'behind', size: shown.size, known: known.size } : raise([shrunk(known.size, shown.size)]);
  }
  const before = known?.size ?? 0;
  const tiles = await trustedTiles([log], shown);
  const proof = tiles === null ? null : await proofFrom(tiles, before, shown.size);
  if (proof === null) return { kind: 'unclear', finding: notLeading(shown.size) };
  const considered = await witness.consider(formatAddCheckpoint({ oldSize: before, proof, note }), at);
  if (considered.kind === 'cosigned') return { kind: 'cosigned', size: shown.size, before };
  const { alarm, finding } = considered;
  return alarm === null ? { kind: 'unclear', finding } : { kind: 'alarm', alarm };
}

interface Head {
  size: number;
  root: Uint8Array;
}

/** The tiles of what is known still stand there, and begin with what is shown. */
async function leadsTo(log: LogFiles, known: Head, shown: Head): Promise<boolean> {
  const root = await (await trustedTiles([log], known))?.root(shown.size);
  return root !== null && root !== undefined && sameHash(root, shown.root);
}

async function proofFrom(tiles: TrustedTiles, first: number, size: number): Promise<Uint8Array[] | null> {
  const store = {
    get: async (path: string) => tiles.tile(parseTilePath(path)!),
    put: () => Promise.reject(new Error('A log that is watched is not written')),
  };
  try {
    return await readTree(store, size).consistencyProof(first);
  } catch (error) {
    if (error instanceof TileUnreadable) return null;
    throw error;
  }
}

const shrunk = (known: number, shown: number): Finding => ({
  pointer: '/checkpoint',
  code: 'log-shrunk',
  detail: `The log had signed ${known} commits, and now it says that it has ${shown}, without those before.`,
  hint: 'The log was cut or rewritten. Both checkpoints are kept, both signed: together they are the proof.',
});

const GONE: Finding = {
  pointer: '/checkpoint',
  code: 'checkpoint-missing',
  detail: 'The log had a checkpoint, and shows none any more.',
  hint: 'Check the address; if it stays so, ask the provider. What was cosigned is kept.',
};

const notLeading = (size: number): Finding => ({
  pointer: '/tile',
  code: 'tiles-wrong',
  detail: `The tiles of the log do not lead to its checkpoint of ${size} commits.`,
  hint: 'It was not cosigned. If it stays so, ask the provider; the checkpoint is signed, and cannot be followed.',
});
