import {
  type NoteVerifier,
  openCheckpoint,
  type OpenedCheckpoint,
  parseVerifierKey,
  type TrustedKeys,
} from '@freehold/evidence';
import { createPublicKey } from 'node:crypto';
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

export const KEY_HELP = 'the log’s verifier key (<origin>+<id>+<base64>), or @file';

/** @throws CommandFailure for what is no verifier key, or one of another kind. */
export async function trustOf({ key, witness, quorum }: TrustOptions): Promise<Trust> {
  const log = await readKey(key);
  if (log.type !== 'ed25519')
    throw new CommandFailure(`${log.name} is the key of a witness`, 'Give the log’s with --key.');
  const witnesses = await Promise.all(witness.map(readKey));
  const wrong = witnesses.find(({ type }) => type !== 'cosignature');
  if (wrong !== undefined)
    throw new CommandFailure(`${wrong.name} is not the key of a witness`, 'Those are of type 4.');
  if (quorum > witnesses.length) {
    throw new CommandFailure(
      `${quorum} witnesses are wanted, and ${witnesses.length} are known`,
      'Give the verifier key of each with --witness.',
    );
  }
  return { origin: log.name, keys: { log: [log], witnesses }, quorum };
}

/** The log's key for those who have other tools. */
export async function publicKeyOf(given: string): Promise<{ text: string; pem: string }> {
  const text = await keyText(given);
  // `<name>+<id>+<base64 of type and key>`, which was read before.
  const raw = Buffer.from(text.slice(text.indexOf('+', text.indexOf('+') + 1) + 1), 'base64').subarray(1);
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') };
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  return { text, pem: key.export({ type: 'spki', format: 'pem' }).toString() };
}

const keyText = async (given: string): Promise<string> =>
  (given.startsWith('@') ? await readFile(given.slice(1), 'utf8') : given).trim();

async function readKey(given: string): Promise<NoteVerifier> {
  const parsed = parseVerifierKey(await keyText(given));
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
