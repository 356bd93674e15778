import { type Answer as DnsRecord, decode, encode, type OptAnswer } from 'dns-packet';
import { type Answer, type OwnedRecord, type Question, RCODE } from './domain/answer.js';

/*
 * DNS messages (RFC 1035, 4; EDNS: RFC 6891). dns-packet reads and writes records; header and question are read here, so
 * that a question comes back byte by byte as it came.
 */

export interface Query {
  readonly id: number;
  readonly opcode: number;
  readonly recursionDesired: boolean;
  readonly edns: Edns | null;
  /** The question's bytes; empty where it cannot be read. */
  readonly questionBytes: Buffer;
}
export interface Edns {
  readonly udpSize: number;
  readonly version: number;
  readonly dnssecOk: boolean;
}
export type Read = { query: Query; question: Question } | { query: Query; rcode: number };

const HEADER_BYTES = 12;
const QR = 0x8000;
const AA = 0x0400;
const TC = 0x0200;
const RD = 0x0100;
/** Largest answer over UDP that passes everywhere (dnsflagday.net/2020), and the one without EDNS. */
export const UDP_BYTES = 1232;
const PLAIN_UDP_BYTES = 512;
const LARGEST_BYTES = 65_535;

/** Undefined: to be answered by nothing, since it is no query. */
export function readQuery(bytes: Buffer): Read | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const flags = bytes.readUInt16BE(2);
  if ((flags & QR) !== 0) return undefined;
  const opcode = (flags >> 11) & 0xf;
  const query: Query = {
    ...{ id: bytes.readUInt16BE(0), opcode, recursionDesired: (flags & RD) !== 0 },
    ...{ edns: null, questionBytes: Buffer.alloc(0) },
  };
  if (opcode !== 0) return { query, rcode: RCODE.notImplemented };
  return hasUsualCounts(bytes) ? readBody(bytes, query) : { query, rcode: RCODE.formatError };
}

/** One question; besides it only what IXFR, EDNS and TSIG bring. So little is to be read, whatever the header claims. */
const hasUsualCounts = (bytes: Buffer): boolean =>
  bytes.readUInt16BE(4) === 1 &&
  bytes.readUInt16BE(6) === 0 &&
  bytes.readUInt16BE(8) <= 1 &&
  bytes.readUInt16BE(10) <= 2;

function readBody(bytes: Buffer, query: Query): Read {
  const asked = readQuestion(bytes);
  if (asked === undefined) return { query, rcode: RCODE.formatError };
  const questionBytes = bytes.subarray(HEADER_BYTES, asked.end);
  const read = { ...query, questionBytes };
  const options = optionsOf(bytes);
  if (options === undefined || options.length > 1) return { query: read, rcode: RCODE.formatError };
  const [option] = options;
  const edns = option === undefined ? null : ednsOf(option);
  const known = { ...read, edns };
  return edns !== null && edns.version > 0
    ? { query: known, rcode: RCODE.badVersion }
    : { query: known, question: asked.question };
}

/** A question's name is never compressed: nothing stands before it. */
function readQuestion(bytes: Buffer): { question: Question; end: number } | undefined {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (;;) {
    const length = bytes[at];
    if (length === undefined || length > 63 || at - HEADER_BYTES + length > 254) return undefined;
    at += 1;
    if (length === 0) break;
    labels.push(labelOf(bytes.subarray(at, at + length)));
    at += length;
  }
  if (at + 4 > bytes.length) return undefined;
  const question = { name: labels.join('.'), type: bytes.readUInt16BE(at), class: bytes.readUInt16BE(at + 2) };
  return { question, end: at + 4 };
}

/** A dot within a label is none between two (RFC 4343, 2.1). */
const labelOf = (bytes: Buffer): string => bytes.toString('latin1').replaceAll('.', String.raw`\046`);

/** Undefined: the message is not whole, or more than whole. */
function optionsOf(bytes: Buffer): OptAnswer[] | undefined {
  try {
    const { additionals = [] } = decode(bytes);
    return decode.bytes === bytes.length ? additionals.filter((record) => record.type === 'OPT') : undefined;
  } catch {
    return undefined;
  }
}

const ednsOf = ({ udpPayloadSize, ednsVersion, flag_do: dnssecOk }: OptAnswer): Edns => ({
  udpSize: udpPayloadSize,
  version: ednsVersion,
  dnssecOk,
});

/** @param over what may be sent: over UDP an answer that is too large is left out, and TC says to ask again over TCP. */
export function writeAnswer(query: Query, answer: Answer, over: 'udp' | 'tcp'): Buffer {
  const limit = over === 'tcp' ? LARGEST_BYTES : udpLimit(query.edns);
  const whole = write(query, answer, 0);
  if (whole.length <= limit) return whole;
  const empty = { ...answer, answers: [], authorities: [] };
  return over === 'udp' ? write(query, empty, TC) : write(query, { ...empty, rcode: RCODE.failure }, 0);
}

const udpLimit = (edns: Edns | null): number =>
  edns === null ? PLAIN_UDP_BYTES : Math.min(UDP_BYTES, Math.max(PLAIN_UDP_BYTES, edns.udpSize));

export const nothing = (rcode: number): Answer => ({ rcode, authoritative: false, answers: [], authorities: [] });

function write({ id, opcode, recursionDesired, edns, questionBytes }: Query, answer: Answer, more: number): Buffer {
  const flags = (opcode << 11) | (answer.authoritative ? AA : 0) | (recursionDesired ? RD : 0) | more;
  const message = encode({
    type: 'response',
    id,
    flags: flags | (answer.rcode & 0xf),
    answers: answer.answers.map(recordOf),
    authorities: answer.authorities.map(recordOf),
    additionals: edns === null ? [] : [optionOf(edns, answer.rcode)],
  });
  if (questionBytes.length > 0) message.writeUInt16BE(1, 4);
  return Buffer.concat([message.subarray(0, HEADER_BYTES), questionBytes, message.subarray(HEADER_BYTES)]);
}

const optionOf = ({ dnssecOk }: Edns, rcode: number): OptAnswer => ({
  type: 'OPT',
  name: '.',
  udpPayloadSize: UDP_BYTES,
  extendedRcode: rcode >> 4,
  ednsVersion: 0,
  flags: dnssecOk ? 0x8000 : 0,
  flag_do: dnssecOk,
  options: [],
});

function recordOf({ name, ttlS, record }: OwnedRecord): DnsRecord {
  const owner = { name, ttl: ttlS, class: 'IN' } as const;
  switch (record.type) {
    case 'A':
    case 'AAAA':
    case 'CNAME':
    case 'NS':
      return { ...owner, type: record.type, data: record.data };
    case 'TXT':
      return { ...owner, type: 'TXT', data: record.data };
    case 'SRV':
      return { ...owner, type: 'SRV', data: record.data };
    case 'CAA': {
      const { critical, tag, value } = record.data;
      return { ...owner, type: 'CAA', data: { issuerCritical: critical, flags: critical ? 128 : 0, tag, value } };
    }
    case 'HINFO':
      return { ...owner, type: 'HINFO', data: { cpu: 'RFC8482', os: '' } };
    case 'SOA': {
      const { primary: mname, mailbox: rname, serial, refreshS, retryS, expireS, negativeTtlS } = record.data;
      const times = { refresh: refreshS, retry: retryS, expire: expireS, minimum: negativeTtlS };
      return { ...owner, type: 'SOA', data: { mname, rname, serial, ...times } };
    }
  }
}
