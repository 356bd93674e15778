import { describe, expect, it } from '@jest/globals';
import { AUTHENTIC_DATA, decode, encode, type OptAnswer, type Packet, type Question } from 'dns-packet';
import fc from 'fast-check';
import { respond } from './name-server.js';
import { servedZones } from './zones.fixture.js';

const zones = servedZones();
const option = (changes: Partial<OptAnswer> = {}): OptAnswer => ({
  ...{ type: 'OPT', name: '.', udpPayloadSize: 4_096, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false },
  options: [],
  ...changes,
});
const query = (name: string, type: Question['type'] = 'A', more: Packet = {}) =>
  encode({ type: 'query', id: 77, flags: 0x100, questions: [{ name, type }], ...more });

/** QTYPE 255 (RFC 1035, 3.2.3), which dns-packet does not count as a type. */
function anything(name: string): Buffer {
  const bytes = query(name);
  bytes.writeUInt16BE(255, bytes.length - 4);
  return bytes;
}

/** What is said to a message: response code, flags, and the records. */
function said(bytes: Buffer, over: 'udp' | 'tcp' = 'udp') {
  const answer = respond(zones, bytes, over);
  if (answer === undefined) return undefined;
  const { questions = [], answers = [], authorities = [], additionals = [], ...header } = decode(answer);
  const opt = additionals.find((record) => record.type === 'OPT');
  const rcode = ((opt?.extendedRcode ?? 0) << 4) | ((header.flags ?? 0) & 0xf);
  return { ...header, size: answer.length, rcode, questions, answers, authorities, opt };
}

describe('an answer', () => {
  it('is authoritative, without recursion, with the question as it came', () => {
    const answer = said(query('ChAt.FreeHold.TEST'));
    expect(answer).toMatchObject({ id: 77, rcode: 0, flag_qr: true, flag_aa: true, flag_rd: true, flag_ra: false });
    expect(answer?.questions).toEqual([{ name: 'ChAt.FreeHold.TEST', type: 'A', class: 'IN' }]);
    expect(answer?.answers).toMatchObject([{ name: 'ChAt.FreeHold.TEST', type: 'A', ttl: 60, data: '127.0.0.2' }]);
  });

  it.each<[string, Question['type'], unknown[]]>([
    ['chat.freehold.test', 'AAAA', ['2001:db8::1']],
    ['freehold.test', 'NS', ['one.ns.freehold.test']],
    ['one.ns.freehold.test', 'A', ['127.0.0.2']],
    ['freehold.test', 'SOA', [{ mname: 'one.ns.freehold.test', rname: 'hostmaster.freehold.test', serial: 7 }]],
    ['text.freehold.test', 'CAA', [{ flags: 128, tag: 'issue', value: 'ca.example' }]],
    ['_matrix._tcp.chat.freehold.test', 'SRV', [{ port: 8448, target: 'chat.freehold.test' }]],
    ['alias.freehold.test', 'A', ['chat.freehold.test', '127.0.0.2']],
    ['away.freehold.test', 'A', ['www.example.org']],
    ['alias.freehold.test', 'CNAME', ['chat.freehold.test']],
  ])('%s %s', (name, type, data) => {
    const answer = said(query(name, type));
    expect(answer?.rcode).toBe(0);
    expect(answer?.answers.map((record) => ('data' in record ? record.data : null))).toMatchObject(data);
  });

  it.each<[string, Question['type'], number, number]>([
    ['none.freehold.test', 'A', 3, 0],
    ['x.chat.freehold.test', 'A', 3, 0],
    ['*.freehold.test', 'A', 3, 0],
    ['chat.freehold.test', 'TXT', 0, 0],
    ['chat.freehold.test', 'MX', 0, 0],
    ['_tcp.chat.freehold.test', 'A', 0, 0],
    ['dead.freehold.test', 'A', 3, 1],
  ])('says of %s %s that there is none, and for how long', (name, type, rcode, answers) => {
    const answer = said(query(name, type));
    expect(answer).toMatchObject({ rcode, flag_aa: true });
    expect(answer?.answers).toHaveLength(answers);
    expect(answer?.authorities).toMatchObject([{ name: 'freehold.test', type: 'SOA', ttl: 60, data: { minimum: 60 } }]);
  });

  it.each<[string, Packet]>([
    ['another zone', { questions: [{ name: 'example.org', type: 'A' }] }],
    ['a name that was moved here from another zone', { questions: [{ name: 'chat.cloud.example', type: 'A' }] }],
    ['the root', { questions: [{ name: '.', type: 'NS' }] }],
    ['what only ends like the zone', { questions: [{ name: 'notfreehold.test', type: 'A' }] }],
    ['the whole zone', { questions: [{ name: 'freehold.test', type: 'AXFR' }] }],
    ['another class', { questions: [{ name: 'chat.freehold.test', type: 'TXT', class: 'CH' }] }],
  ])('refuses %s', (_, packet) => {
    const answer = said(encode({ type: 'query', id: 1, ...packet }));
    expect(answer).toMatchObject({ rcode: 5, flag_aa: false, answers: [], authorities: [] });
  });

  it('to a question for anything is one made-up record, never all', () => {
    expect(said(anything('large.freehold.test'))?.answers).toMatchObject([{ data: { cpu: 'RFC8482', os: '' } }]);
    expect(said(anything('none.freehold.test'))).toMatchObject({ rcode: 3, answers: [] });
    expect(said(anything('_tcp.chat.freehold.test'))).toMatchObject({ rcode: 0, answers: [] });
  });

  it('ends a chain that leads to itself', () => expect(said(query('loop.freehold.test'))?.answers).toHaveLength(8));

  it('takes a dot within a label for what it is', () => {
    const bytes = Buffer.concat([
      query('x').subarray(0, 12),
      Buffer.from('\x0dchat.freehold\x04test\x00\x00\x01\x00\x01', 'latin1'),
    ]);
    expect(said(bytes)?.rcode).toBe(5);
  });
});

describe('EDNS', () => {
  const large = (udpPayloadSize?: number) =>
    query('large.freehold.test', 'TXT', udpPayloadSize ? { additionals: [option({ udpPayloadSize })] } : {});

  it('decides how large an answer over UDP may be; over TCP it is whole', () => {
    expect(said(large())).toMatchObject({ flag_tc: true, answers: [], opt: undefined });
    expect(said(large(65_000))).toMatchObject({ flag_tc: true, answers: [], opt: { udpPayloadSize: 1_232 } });
    expect(said(large(), 'tcp')).toMatchObject({ flag_tc: false });
    expect(said(large(), 'tcp')?.answers).toHaveLength(60);
  });

  it('of another version is refused by its number', () => {
    const answer = said(query('chat.freehold.test', 'A', { additionals: [option({ ednsVersion: 1 })] }));
    expect(answer).toMatchObject({ rcode: 16, answers: [], opt: { ednsVersion: 0 } });
  });

  it('says again that signatures are understood', () => {
    const answer = said(query('chat.freehold.test', 'A', { additionals: [option({ flags: 0x8000, flag_do: true })] }));
    expect(answer?.opt).toMatchObject({ flag_do: true });
  });

  it('twice is a wrong message', () => {
    const bytes = query('chat.freehold.test', 'A', { additionals: [option(), option()] });
    expect(said(bytes)?.rcode).toBe(1);
  });
});

describe('a message that is no question', () => {
  it('is passed over if it is an answer or shorter than a header', () => {
    expect(
      said(encode({ type: 'response', id: 1, questions: [{ name: 'chat.freehold.test', type: 'A' }] })),
    ).toBeUndefined();
    expect(said(Buffer.alloc(11))).toBeUndefined();
  });

  it.each([1, 2, 4, 5, 6, 15])('with opcode %d is not implemented', (opcode) => {
    const bytes = query('chat.freehold.test');
    bytes.writeUInt16BE(opcode << 11, 2);
    expect(said(bytes)).toMatchObject({ rcode: 4, questions: [] });
    expect(((said(bytes)?.flags ?? 0) >> 11) & 0xf).toBe(opcode);
  });

  it.each<[string, Buffer]>([
    ['cut off', query('chat.freehold.test').subarray(0, 20)],
    ['with more behind it', Buffer.concat([query('chat.freehold.test'), Buffer.from('x')])],
    ['with a compressed question', Buffer.concat([query('x').subarray(0, 12), Buffer.from([0xc0, 4, 0, 1, 0, 1])])],
    ['without a question', encode({ type: 'query', id: 1 })],
    [
      'with an answer in it',
      query('chat.freehold.test', 'A', { answers: [{ type: 'A', name: 'x', data: '1.1.1.1' }] }),
    ],
  ])('%s is wrong', (_, bytes) => expect(said(bytes)?.rcode).toBe(1));

  it('whatever it is, gets an answer that is bounded and can be read, or none', () => {
    const changed = fc
      .tuple(fc.constantFrom('chat.freehold.test', 'large.freehold.test'), fc.array(fc.tuple(fc.nat(80), fc.nat(255))))
      .map(([name, changes]) => {
        const bytes = query(name, 'TXT', { flags: AUTHENTIC_DATA, additionals: [option()] });
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        return bytes;
      });
    const random = fc.uint8Array({ maxLength: 1_500 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(changed, random), (bytes) => {
        const answer = said(bytes);
        if (answer !== undefined) expect(answer.size).toBeLessThanOrEqual(1_232);
      }),
      { numRuns: 2_000 },
    );
  });
});
