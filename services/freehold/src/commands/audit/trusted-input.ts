import {
  formatVerifierKey,
  type NoteVerifier,
  openCheckpoint,
  type OpenedCheckpoint,
  parseVerifierKey,
  type TrustedKeys,
} from '@freehold/evidence';
import { readFile } from 'node:fs/promises';
import { CommandFailure } from '../../cli/command-failure.js';
import { EvidenceRefused } from './audit-action.js';

/** Options of whoever checks: what they trust comes from them, never from what is checked. */
export interface TrustOptions {
  key: string;
  witness: string[];
  quorum: number;
}

export interface Trust {
  /** Of the log; the name of its key. */
  origin: string;
  keys: TrustedKeys;
  quorum: number;
}

export const KEY_HELP =
  'the log’s verifier key (<origin>+<id>+<base64>), or @file; a file may have several, oldest first, a line each';

/** @throws CommandFailure for what is no verifier key, or one of another kind. */
export async function trustOf({ key, witness, quorum }: TrustOptions): Promise<Trust> {
  const log = await readKeys(key);
  const { name: origin } = log[0];
  const ofWitness = log.find(({ type }) => type !== 'ed25519');
  if (ofWitness !== undefined)
    throw new CommandFailure(`${ofWitness.name} is the key of a witness`, 'Give the log’s with --key.');
  const other = log.find(({ name }) => name !== origin);
  if (other !== undefined)
    throw new CommandFailure(`${origin} and ${other.name} are two logs`, 'Give keys of one log with --key.');
  const witnesses = (await Promise.all(witness.map(readKeys))).flat();
  const wrong = witnesses.find(({ type }) => type !== 'cosignature');
  if (wrong !== undefined)
    throw new CommandFailure(`${wrong.name} is not the key of a witness`, 'Those are of type 4.');
  const known = new Set(witnesses.map(({ name }) => name)).size;
  if (quorum > known) {
    throw new CommandFailure(
      `${quorum} witnesses are wanted, and ${known} are known`,
      'Give the verifier key of each with --witness.',
    );
  }
  return { origin, keys: { log, witnesses }, quorum };
}

/** The log's key for those who have other tools: the one that signed. */
export const publicKeyOf = ({ signer }: OpenedCheckpoint): { text: string; pem: string } => ({
  text: formatVerifierKey(signer),
  pem: signer.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
});

async function readKeys(given: string): Promise<[NoteVerifier, ...NoteVerifier[]]> {
  const text = given.startsWith('@') ? await readFile(given.slice(1), 'utf8') : given;
  const [first = '', ...others] = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return [readKey(first), ...others.map(readKey)];
}

function readKey(text: string): NoteVerifier {
  const parsed = parseVerifierKey(text);
  if (parsed.kind === 'read') return parsed.value;
  const { detail, hint } = parsed.findings[0]!;
  throw new CommandFailure(`A verifier key cannot be read: ${detail}`, hint);
}

/** A signed checkpoint in a file. @throws EvidenceRefused when it is not of this log, or not signed as wanted. */
export async function readCheckpoint(file: string, trust: Trust): Promise<OpenedCheckpoint> {
  return openTrusted(await readFile(file), trust, `The checkpoint ${file} cannot be believed`);
}

export function openTrusted(note: string | Uint8Array, trust: Trust, title: string): OpenedCheckpoint {
  const opened = openCheckpoint(note, trust);
  if (opened.kind === 'refused') throw new EvidenceRefused(title, opened.findings);
  const { cosigned } = opened.value;
  if (cosigned.length >= trust.quorum) return opened.value;
  throw new EvidenceRefused(title, [
    {
      pointer: '/checkpoint',
      code: 'witnesses-missing',
      detail: `${cosigned.length} of the witnesses that you trust have cosigned it; you want ${trust.quorum}.`,
      hint: 'Ask for a newer checkpoint, or trust more witnesses.',
    },
  ]);
}
