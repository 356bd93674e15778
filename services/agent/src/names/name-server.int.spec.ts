import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@freehold/supervisor/testing';
import { encode, streamEncode } from 'dns-packet';
import fc from 'fast-check';
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { connect, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { type NameServer, startNameServer } from './name-server.js';
import { servedZones } from './zones.fixture.js';

const ADDRESS = '127.0.0.1';

describe('a name server on its sockets', () => {
  let server: NameServer;
  let resolver: Resolver;
  beforeAll(async () => {
    server = await startNameServer({
      address: ADDRESS,
      port: 0,
      zones: servedZones(),
      idleMs: 1_000,
      maxConnections: 3,
    });
    resolver = new Resolver({ timeout: 2_000, tries: 2 });
    resolver.setServers([`${ADDRESS}:${server.port}`]);
  });
  afterAll(() => server.close());

  const connected = async (): Promise<Socket> => {
    const socket = connect({ host: ADDRESS, port: server.port });
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('connect', resolve));
    return socket;
  };
  const answers = async () => expect(await resolver.resolve4('chat.freehold.test')).toEqual(['127.0.0.2']);

  it('answers a resolver', async () => {
    await answers();
    expect(await resolver.resolve4('alias.freehold.test', { ttl: true })).toEqual([{ address: '127.0.0.2', ttl: 60 }]);
    expect(await resolver.resolveTxt('text.freehold.test')).toEqual([['v=spf1', '-all']]);
    expect(await resolver.resolveNs('freehold.test')).toEqual(['one.ns.freehold.test']);
    expect(await resolver.resolveSoa('freehold.test')).toMatchObject({ serial: 7, minttl: 60 });
    expect(await resolver.resolveSrv('_matrix._tcp.chat.freehold.test')).toMatchObject([{ port: 8448 }]);
    expect(await resolver.resolveCaa('text.freehold.test')).toMatchObject([{ critical: 128, issue: 'ca.example' }]);
    await expect(resolver.resolve4('none.freehold.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(resolver.resolveMx('chat.freehold.test')).rejects.toMatchObject({ code: 'ENODATA' });
    await expect(resolver.resolve4('example.org')).rejects.toMatchObject({ code: 'EREFUSED' });
  });

  it('has a resolver ask again over TCP for what is too large', async () => {
    expect(await resolver.resolveTxt('large.freehold.test')).toHaveLength(60);
  });

  it('answers dig as it expects', async () => {
    const dig = async (...asked: string[]) =>
      (await promisify(execFile)('dig', [`@${ADDRESS}`, '-p', `${server.port}`, '+norecurse', ...asked])).stdout;
    const whole = await dig('Chat.freehold.test', 'A');
    expect(whole).toMatch(/status: NOERROR/);
    expect(whole).toMatch(/flags: qr aa; QUERY: 1, ANSWER: 1, AUTHORITY: 0/);
    expect(whole).toMatch(/^Chat\.freehold\.test\.\s+60\s+IN\s+A\s+127\.0\.0\.2$/m);
    expect(whole).not.toMatch(/WARNING|Got bad packet|malformed/i);
    expect(await dig('large.freehold.test', 'TXT', '+ignore')).toMatch(/flags: qr aa tc;/);
    expect(await dig('none.freehold.test', 'A')).toMatch(
      /status: NXDOMAIN[^]*AUTHORITY SECTION:\nfreehold\.test\.\s+60\s/,
    );
    expect(await dig('chat.freehold.test', 'A', '+edns=1', '+noednsnegotiation')).toMatch(/status: BADVERS/);
    expect(await dig('chat.freehold.test', 'ANY', '+notcp')).toMatch(/HINFO\s+"RFC8482" ""/);
    expect(await dig('freehold.test', 'AXFR')).toMatch(/Transfer failed/);
    expect(await dig('chat.freehold.test', 'A', '+opcode=notify')).toMatch(/status: NOTIMP/);
  });

  it('answers several questions on one connection, in order and in any pieces', async () => {
    const socket = await connected();
    const query = (id: number) =>
      streamEncode({ type: 'query', id, questions: [{ name: 'chat.freehold.test', type: 'A' }] });
    const received: Buffer[] = [];
    socket.on('data', (part) => received.push(part));
    const sent = Buffer.concat([query(1), query(2)]);
    socket.write(sent.subarray(0, 5));
    socket.write(sent.subarray(5));
    const ids = () => {
      const all = Buffer.concat(received);
      const found: number[] = [];
      for (let at = 0; at + 2 < all.length; at += all.readUInt16BE(at) + 2) found.push(all.readUInt16BE(at + 2));
      return found.join();
    };
    expect(await eventually(() => ids() === '1,2')).toBe(true);
    socket.destroy();
  });

  it('closes connections that say nothing, too much, or are too many', async () => {
    const closed = async (socket: Socket) => eventually(() => socket.closed);
    const silent = await connected();
    expect(await closed(silent)).toBe(true);
    const loud = await connected();
    loud.write(Buffer.from([0xff, 0xff, 1]));
    expect(await closed(loud)).toBe(true);
    const many = [await connected(), await connected(), await connected(), await connected()];
    expect(await closed(many[0] as Socket)).toBe(true);
    await answers();
    for (const socket of many) socket.destroy();
  });

  it('still answers after whatever is sent to it', async () => {
    const udp = createSocket('udp4');
    const question = encode({ type: 'query', id: 1, questions: [{ name: 'chat.freehold.test', type: 'A' }] });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), fc.boolean(), async (noise, headed) => {
        const bytes = headed ? Buffer.concat([question.subarray(0, 12), noise]) : Buffer.from(noise);
        await new Promise((resolve) => udp.send(bytes, server.port, ADDRESS, resolve));
        const socket = await connected();
        socket.end(bytes);
      }),
      { numRuns: 200 },
    );
    udp.close();
    await answers();
  });

  it('says which port cannot be had', async () => {
    const { port } = server;
    await expect(startNameServer({ address: ADDRESS, port, zones: servedZones() })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});
