import { describe, expect, it } from '@jest/globals';
import { createSocket } from 'node:dgram';
import { nameServerCheck } from './name-server-check.js';

const healthWith = (names?: object) => ({
  services: { agent: { status: 'up' as const, details: { agent: names === undefined ? {} : { names } } } },
});

describe('the check of the name server', () => {
  it('says nothing where there is none', async () => {
    expect(await nameServerCheck(healthWith())).toEqual([]);
  });

  it('says that it has no zone yet', async () => {
    const [check] = await nameServerCheck(healthWith({ address: '127.0.0.1', port: 9, zones: [] }));
    expect(check).toMatchObject({ name: 'names', status: 'notice' });
  });

  it('finds one that refuses', async () => {
    const socket = createSocket('udp4');
    socket.on('message', (bytes, from) => {
      const answer = Buffer.from(bytes);
      answer.writeUInt16BE(0x8005, 2); // REFUSED
      socket.send(answer, from.port, from.address);
    });
    await new Promise<void>((resolve) => socket.bind({ address: '127.0.0.1', port: 0 }, resolve));
    const [check] = await nameServerCheck(
      healthWith({ address: '127.0.0.1', port: socket.address().port, zones: ['freehold.test'] }),
    );
    socket.close();
    expect(check).toMatchObject({ status: 'problem', detail: expect.stringContaining('does not answer') });
  });
});
