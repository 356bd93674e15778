import { Instant } from '@freehold/kernel';
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { formatVerifierKey, type KeyOfName, publicKeyOf, rawPublicKey, type NoteSignature } from './note-keys.js';
import { formatSignature, parseSignatures } from './signed-note.js';
import { fromBase64, toBase64 } from './strict-text.js';
import { successionOf } from './succession.js';

/*
 * The keys of a log, or of a witness, in one file: private ones in PEM, and after the mark a line of JSON about every key
 * there ever was. A file without that line has one key, since ever. Public parts for others are such a file too.
 *
 *   one key ──► two, "the new one signs from T" ── T: both sign, a line each ── T + overlap ──► the new one
 *
 * What signs at an instant follows from the file and the clock, in every replica the same.
 */
const MARK = '# keys: ';
/** A note must be read with 16 lines (c2sp.org/signed-note): so many changes it tells of, the last ones. */
const MOST_CARRIED = 5;
/** A description tells of so many. */
const MOST_TOLD = 30;

const KeyRecord = z.object({
  /** The 32 bytes of the public key, in base64. */
  key: z.base64().refine((text) => fromBase64(text)?.byteLength === 32, 'the 32 bytes of an Ed25519 key'),
  /** It signs from then on (without it: since ever), until then. */
  from: Instant.optional(),
  until: Instant.optional(),
  /** That it follows from the one before, as a line of a note. */
  succession: z.string().optional(),
});
type KeyRecord = z.infer<typeof KeyRecord>;

export interface NoteKeys {
  /** Those whose private part is there. */
  readonly own: readonly KeyObject[];
  /** In the order in which they were made. */
  readonly records: readonly KeyRecord[];
}

/** What is told of keys: the first signs at that moment. */
export interface ToldKeys {
  key: string;
  /** Verifier keys that sign beside it, or will. */
  also: string[];
  /** Those that sign no more: what they signed stays checkable by them. */
  former: string[];
  /** Signature lines by which one follows from another, the last ones. */
  successions: string[];
}

/** @throws Error naming the file; what is in it is not told */
export function readNoteKeys(file: string, text: string): NoteKeys {
  try {
    const own = (text.match(PRIVATE) ?? []).map((pem) => createPrivateKey(pem));
    const first = own[0] === undefined ? createPublicKey(text) : createPublicKey(own[0]);
    const line = text.split('\n').find((each) => each.startsWith(MARK));
    const records = line === undefined ? [recordOf(first)] : KeyRecords.parse(JSON.parse(line.slice(MARK.length)));
    for (const { succession } of records) if (succession !== undefined) lineIn(succession);
    return { own, records };
  } catch {
    // The cause is not kept: it may quote a key.
    throw new Error(`${file} holds no Ed25519 keys as they were written; put it back from a copy`);
  }
}
const PRIVATE = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n?/g;
const KeyRecords = z.array(KeyRecord).min(1);

/** What signs at this moment, newest first; one at least if there is any private key. */
export function signingNoteKeys({ own, records }: NoteKeys, nowMs: number): KeyObject[] {
  const there = own.flatMap((key) => {
    const record = records.find((each) => each.key === recordOf(key).key);
    return record === undefined ? [] : [{ key, record }];
  });
  const begun = there.filter(({ record }) => startOf(record) <= nowMs);
  const sorted = begun.toSorted((one, other) => startOf(other.record) - startOf(one.record));
  const signing = sorted.filter(({ record }, at) => at === 0 || endOf(record) > nowMs);
  return signing.length > 0 ? signing.map(({ key }) => key) : own.slice(0, 1);
}

/** The lines that lead from one key of this name to the next: those of the last changes. */
export const noteSuccessions = (keys: NoteKeys, name: string, most = MOST_CARRIED): NoteSignature[] =>
  keys.records
    .flatMap(({ succession }) => (succession === undefined ? [] : [lineIn(succession)]))
    .filter((line) => line.name === name)
    .slice(-most);

/** @param type with the name: what the keys are for others */
export function toldKeys(keys: NoteKeys, { name, type }: Omit<KeyOfName, 'publicKey'>, nowMs: number): ToldKeys {
  const current = currentOf(keys.records, nowMs);
  const others = keys.records.filter((each) => each !== current).slice(-MOST_TOLD);
  const told = ({ key }: KeyRecord) =>
    formatVerifierKey({ name, type, publicKey: publicKeyOf(Buffer.from(key, 'base64')) });
  return {
    key: told(current),
    also: others.filter((each) => endOf(each) > nowMs).map(told),
    former: others.filter((each) => endOf(each) <= nowMs).map(told),
    successions: noteSuccessions(keys, name, MOST_TOLD).map((line) => formatSignature(line).trimEnd()),
  };
}

/** When a key that was announced begins to sign, and the one before ends; undefined: none is. */
export function upcomingNoteKey({ records }: NoteKeys, nowMs: number): { from: Date; until: Date } | undefined {
  const at = records.findIndex((each) => startOf(each) > nowMs);
  const from = records[at]?.from;
  return from === undefined ? undefined : { from: new Date(from), until: new Date(records[at - 1]?.until ?? from) };
}

export interface NextNoteKey extends Omit<KeyOfName, 'publicKey'> {
  /** The new one signs from then on, those before it until then. */
  from: Date;
  until: Date;
}

/** The text of the file with one key more, which the newest that signs has signed. */
export function withNextNoteKey(file: string, text: string, { name, type, from, until }: NextNoteKey): string {
  const keys = readNoteKeys(file, text);
  const [current] = signingNoteKeys(keys, Date.now());
  if (current === undefined) throw new Error(`${file} holds no private key`);
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const succession = formatSignature(
    successionOf({ name, type, publicKey: createPublicKey(current) }, current, publicKey),
  );
  const records = keys.records.map((each) =>
    each.until === undefined ? { ...each, until: until.toISOString() } : each,
  );
  const added = { ...recordOf(publicKey), from: from.toISOString(), succession: succession.trimEnd() };
  return textOf([...keys.own, privateKey], [...records, added]);
}

/** The text of the file without private keys that sign no more. */
export function withoutRetiredNoteKeys(file: string, text: string, nowMs: number): string {
  const keys = readNoteKeys(file, text);
  const signing = signingNoteKeys(keys, nowMs).map((key) => recordOf(key).key);
  const isUsed = (key: string) =>
    signing.includes(key) || keys.records.some((each) => each.key === key && startOf(each) > nowMs);
  const kept = keys.own.filter((key) => isUsed(recordOf(key).key));
  return kept.length === keys.own.length ? text : textOf(kept, keys.records);
}

/** The same for others: the key that signs at this moment, in PEM, and what is said of all. */
export function publicNoteKeys({ records }: NoteKeys, nowMs: number): string {
  const key = publicKeyOf(Buffer.from(currentOf(records, nowMs).key, 'base64'));
  return `${key.export({ type: 'spki', format: 'pem' }).toString()}${MARK}${JSON.stringify(records)}\n`;
}

const textOf = (own: readonly KeyObject[], records: readonly KeyRecord[]): string =>
  `${own.map((key) => key.export({ type: 'pkcs8', format: 'pem' }).toString()).join('')}${MARK}${JSON.stringify(records)}\n`;

function currentOf(records: readonly KeyRecord[], nowMs: number): KeyRecord {
  return records.findLast((each) => startOf(each) <= nowMs) ?? records[0]!;
}

const recordOf = (key: KeyObject): KeyRecord => ({
  key: toBase64(rawPublicKey(key.type === 'private' ? createPublicKey(key) : key)),
});

function lineIn(text: string): NoteSignature {
  const parsed = parseSignatures(`${text}\n`);
  if (parsed.kind === 'refused') throw new Error('A succession is no signature line');
  return parsed.value[0]!;
}

const startOf = ({ from }: KeyRecord): number => (from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from));
const endOf = ({ until }: KeyRecord): number => (until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until));
