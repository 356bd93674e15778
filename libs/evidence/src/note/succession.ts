import { hash, type KeyObject, sign, verify } from 'node:crypto';
import { type Read, read, refused } from '../read.js';
import {
  formatVerifierKey,
  type KeyOfName,
  type NoteSignature,
  type NoteVerifier,
  publicKeyOf,
  PUBLIC_KEY_BYTES,
  rawPublicKey,
  SIGNATURE_BYTES,
  SIGNATURE_TYPES,
  verifierOf,
} from './note-keys.js';

/*
 * That one key of a name follows another: said by the one before, in a signature line that stands on every note after it
 * (c2sp.org/signed-note: type 0xff with an identifier; whoever does not know it passes it over, as any unknown key's).
 *
 *     — <name> base64(SHA-256(name, \n, 0xff, "freehold-key-succession/v1", type, old key)[:4] || new key || signature)
 *
 * The signature is Ed25519 by the old key over `freehold-key-succession/v1\n<old verifier key>\n<new verifier key>\n`: no
 * checkpoint (its second line is a number) and no message of a cosignature. Name and type are those of the old key.
 * So a note itself leads from a key that somebody trusts to the one that signs now, and nobody else can make such a step.
 */
const IDENTIFIER = 'freehold-key-succession/v1';

/** The statement of `privateKey`, which is `old`'s, that `next` follows it: to be added to the lines of a note. */
export function successionOf(old: KeyOfName, privateKey: KeyObject, next: KeyObject): NoteSignature {
  const message = messageOf(old, { ...old, publicKey: next });
  const signature = Buffer.concat([rawPublicKey(next), sign(null, Buffer.from(message), privateKey)]);
  return { name: old.name, keyId: successionId(old), signature };
}

/** A key that is known, and the one by which it is: itself, or one that it follows from. */
export interface KnownKey {
  verifier: NoteVerifier;
  trusted: NoteVerifier;
}

export interface KnownKeys {
  /** Each after those that it follows from. */
  keys: readonly KnownKey[];
  /** The lines that led to those that were not given. */
  successions: readonly NoteSignature[];
}

/**
 * These keys, and all that follow from them by the lines of a note. Refused when a line says so of a known key and that key
 * did not sign it: somebody made it up.
 */
export function knownKeys(lines: readonly NoteSignature[], trusted: readonly NoteVerifier[]): Read<KnownKeys> {
  const known = trusted.map((verifier): KnownKey => ({ verifier, trusted: verifier }));
  const successions = new Set<NoteSignature>();
  const wrong: number[] = [];
  // The list grows while one walks it.
  for (const each of known) {
    const id = successionId(each.verifier);
    for (const [at, line] of lines.entries()) {
      if (line.name !== each.verifier.name || line.keyId !== id) continue;
      const next = successorIn(each.verifier, line.signature);
      if (next === null) wrong.push(at);
      else successions.add(line);
      if (next !== null && !known.some(({ verifier }) => isSame(verifier, next)))
        known.push({ ...each, verifier: next });
    }
  }
  return wrong.length > 0
    ? refused(...wrong.map(successionWrong))
    : read({ keys: known, successions: [...successions] });
}

function successorIn(old: NoteVerifier, signature: Uint8Array): NoteVerifier | null {
  if (signature.byteLength !== PUBLIC_KEY_BYTES + SIGNATURE_BYTES) return null;
  const { name, type } = old;
  const next = { name, type, publicKey: publicKeyOf(signature.subarray(0, PUBLIC_KEY_BYTES)) };
  const message = Buffer.from(messageOf(old, next));
  return verify(null, message, old.publicKey, signature.subarray(PUBLIC_KEY_BYTES)) ? verifierOf(next) : null;
}

const messageOf = (old: KeyOfName, next: KeyOfName): string =>
  `${IDENTIFIER}\n${formatVerifierKey(old)}\n${formatVerifierKey(next)}\n`;

function successionId({ name, type, publicKey }: KeyOfName): number {
  const kind = Buffer.concat([Buffer.of(0xff), Buffer.from(IDENTIFIER), Buffer.of(SIGNATURE_TYPES[type])]);
  return hash(
    'sha256',
    Buffer.concat([Buffer.from(`${name}\n`), kind, rawPublicKey(publicKey)]),
    'buffer',
  ).readUInt32BE();
}

const isSame = (one: NoteVerifier, other: NoteVerifier): boolean => formatVerifierKey(one) === formatVerifierKey(other);

const successionWrong = (at: number) => ({
  pointer: `/signatures/${at}`,
  code: 'succession-wrong',
  detail: 'It says that another key follows one that you trust, and that key did not sign this.',
  hint: 'Take the note again from where it was published. If it stays so, somebody tries to put a key of their own in place: keep it as evidence, and ask the key’s owner.',
});
