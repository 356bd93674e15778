import { createHmac, hash } from 'node:crypto';
import { type AggregateName, CONTEXTS, type ContextName, OperatorToken, partitionToken } from '@freehold/kernel';
import { LRUCache } from 'lru-cache';

/**
 * Subjects of the log: `log.<partition>.<context>.<operator>.<aggregate>.<id>`. They are for ever: a change here
 * would give an aggregate a second history. Vectors in subject.unit.spec.ts hold them.
 */
const PARTITIONS = 64;
const AGGREGATE = /^[a-z]+(-[a-z]+)*$/;
/** A lower-case UUID, or the 52 characters of `nameId`. */
const ID = /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z2-7]{52})$/;
/** A domain name as it stands in the DNS: lower-case A-labels without the final dot (RFC 1035, RFC 5890). */
const DOMAIN_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*$/;

const MOST_KEPT = 10_000;
/** A token, and a subject, comes with each of its commits: some are kept. */
const partitions = new LRUCache<string, string>({ max: MOST_KEPT });
const names = new LRUCache<string, AggregateName>({ max: MOST_KEPT });
/** Of names that were parsed: nobody can change those. */
const subjects = new WeakMap<AggregateName, string>();

/** 00…63: the first 8 bytes, big endian, of the token's SHA-256, mod 64. */
export function partitionOf(token: string): string {
  const known = partitions.get(token);
  if (known !== undefined) return known;
  const partition = computedPartition(token);
  partitions.set(token, partition);
  return partition;
}

function computedPartition(token: string): string {
  // Of a big-endian number the last of its bytes tells it modulo 64.
  const last = hash('sha256', token, 'buffer').readUInt8(7);
  return String(last % PARTITIONS).padStart(2, '0');
}

/** @throws RangeError when a part of the name does not have its form. */
export function subjectOf(name: AggregateName): string {
  const known = subjects.get(name);
  if (known !== undefined) return known;
  assertForm(name);
  return `log.${partitionOf(partitionToken(name))}.${name.context}.${name.operator}.${name.aggregate}.${name.id}`;
}

/** @throws RangeError when `subject` is not one of the log, or its partition is not that of its name. */
export function parseSubject(subject: string): AggregateName {
  const known = names.get(subject);
  if (known !== undefined) return known;
  const name = Object.freeze(parsed(subject));
  names.set(subject, name);
  subjects.set(name, subject);
  return name;
}

function parsed(subject: string): AggregateName {
  const [root, partition, context, operator, aggregate, id, ...rest] = subject.split('.');
  const known = CONTEXTS.find((each) => each === context);
  if (root !== 'log' || known === undefined || operator === undefined || aggregate === undefined) {
    throw malformed(subject);
  }
  if (id === undefined || rest.length > 0) {
    throw malformed(subject);
  }
  const name: AggregateName = { context: known, operator, aggregate, id };
  assertForm(name);
  if (partition !== partitionOf(partitionToken(name))) {
    throw malformed(subject);
  }
  return name;
}

/** The operator's token in a subject of the log, whatever else is in it: to choose by, without reading the commit. */
export const operatorOf = (subject: string): string | undefined => subject.split('.', 4)[3];

/** All aggregates of one kind, in every partition and of every operator: to follow, never to load. */
export const aggregateFilter = (context: ContextName, aggregate: string): string => `log.*.${context}.*.${aggregate}.*`;

/** Everything of one context: to follow, and what its service may publish. */
export const contextFilter = (context: ContextName): string => `log.*.${context}.>`;

/**
 * The id of the aggregate of a domain name: base32 (RFC 4648) in lower case, without padding, of HMAC-SHA-256(key, name);
 * 52 characters. Lower case, as everything else in a subject is, since subjects tell cases apart.
 *
 * @param key the cell's name key, at least 32 bytes.
 * @throws RangeError unless `name` is in its one form: lower-case A-labels, no final dot. So two claims meet.
 */
export function nameId(key: Uint8Array, name: string): string {
  if (key.byteLength < 32) {
    throw new RangeError(`A name key has at least 32 bytes, this one ${key.byteLength}`);
  }
  if (!DOMAIN_NAME.test(name)) {
    throw new RangeError('A domain name must be lower-case ASCII (A-labels) without a final dot; convert it first');
  }
  return base32(createHmac('sha256', key).update(name, 'ascii').digest());
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

function base32(bytes: Uint8Array): string {
  let text = '';
  let held = 0;
  let heldBits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    heldBits += 8;
    while (heldBits >= 5) {
      heldBits -= 5;
      text += ALPHABET.charAt((held >>> heldBits) & 31);
    }
    held &= (1 << heldBits) - 1;
  }
  return heldBits > 0 ? text + ALPHABET.charAt((held << (5 - heldBits)) & 31) : text;
}

function assertForm(name: AggregateName): void {
  if (!OperatorToken.safeParse(name.operator).success || !AGGREGATE.test(name.aggregate) || !ID.test(name.id)) {
    throw malformed(`${name.context}.${name.operator}.${name.aggregate}.${name.id}`);
  }
}

const malformed = (subject: string): RangeError =>
  new RangeError(
    `"${subject}" does not name an aggregate; the form is log.<partition>.<context>.<operator id or _>.<kebab-case aggregate>.<id>`,
  );
