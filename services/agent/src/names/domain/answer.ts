import type { PublishedZone } from '@freehold/provisioning-contract';
import type { ServedZones, ZoneRecord } from './served-zones.js';

export interface Question {
  /** As it was asked: upper and lower case come back as they came (draft-vixie-dnsext-dns0x20). */
  readonly name: string;
  /** IANA's number of the record type. */
  readonly type: number;
  readonly class: number;
}

export interface OwnedRecord {
  readonly name: string;
  readonly ttlS: number;
  readonly record: ZoneRecord | { readonly type: 'HINFO' };
}

export interface Answer {
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly answers: readonly OwnedRecord[];
  readonly authorities: readonly OwnedRecord[];
}

/** RFC 1035 4.1.1, RFC 6891 9. */
export const RCODE = {
  noError: 0,
  formatError: 1,
  failure: 2,
  noName: 3,
  notImplemented: 4,
  refused: 5,
  badVersion: 16,
};

const IN = 1;
const TYPES: ReadonlyMap<number, ZoneRecord['type']> = new Map([
  [1, 'A'],
  [2, 'NS'],
  [5, 'CNAME'],
  [6, 'SOA'],
  [16, 'TXT'],
  [28, 'AAAA'],
  [33, 'SRV'],
  [257, 'CAA'],
]);
const ANY = 255;
/** IXFR, AXFR: nobody gets a whole zone. */
const TRANSFERS: ReadonlySet<number> = new Set([251, 252]);
const LONGEST_CHAIN = 8;

/** What there is to say to a question: only of our own zones, never of others, never by asking others. */
export function answerOf(zones: ServedZones, question: Question): Answer {
  const name = question.name.toLowerCase();
  const zone = zones.zoneOf(name);
  if (zone === undefined || question.class !== IN || TRANSFERS.has(question.type)) {
    return { rcode: RCODE.refused, authoritative: false, answers: [], authorities: [] };
  }
  return question.type === ANY ? answerToAny(zones, question.name, zone) : follow(zones, question, zone);
}

/** The name's own records, and where its CNAME leads as far as that is ours too (RFC 1034, 4.3.2). */
function follow(zones: ServedZones, question: Question, asked: PublishedZone): Answer {
  const wanted = TYPES.get(question.type);
  const answers: OwnedRecord[] = [];
  let { name } = question;
  let zone = asked;
  for (let length = 0; length < LONGEST_CHAIN; length += 1) {
    const set = zones.recordsOf(name.toLowerCase());
    if (set === undefined) return negative(RCODE.noName, zone, answers);
    const owned = (record: ZoneRecord): OwnedRecord => ({ name, ttlS: set.ttlS, record });
    const found = set.records.filter(({ type }) => type === wanted);
    if (found.length > 0) return positive([...answers, ...found.map(owned)]);
    const alias = set.records.find((record) => record.type === 'CNAME');
    if (alias === undefined) return negative(RCODE.noError, zone, answers);
    answers.push(owned(alias));
    const next = zones.zoneOf(alias.data);
    if (next === undefined) break;
    name = alias.data;
    zone = next;
  }
  return positive(answers);
}

/** RFC 8482, 4.2: one made-up record instead of all there are. */
function answerToAny(zones: ServedZones, name: string, zone: PublishedZone): Answer {
  const set = zones.recordsOf(name.toLowerCase());
  if (set === undefined) return negative(RCODE.noName, zone, []);
  if (set.records.length === 0) return negative(RCODE.noError, zone, []);
  return positive([{ name, ttlS: set.ttlS, record: { type: 'HINFO' } }]);
}

const positive = (answers: readonly OwnedRecord[]): Answer => ({
  rcode: RCODE.noError,
  authoritative: true,
  answers,
  authorities: [],
});

/** With the SOA, whose TTL says how long this may be remembered (RFC 2308, 3 and 5). */
const negative = (rcode: number, zone: PublishedZone, answers: readonly OwnedRecord[]): Answer => ({
  rcode,
  authoritative: true,
  answers,
  authorities: [{ name: zone.zone, ttlS: Math.min(zone.ttlS, zone.negativeTtlS), record: { type: 'SOA', data: zone } }],
});
