import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { testGroundConfiguration } from '@freehold/supervisor/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OwnNatsServer } from '../testing/nats-server.fixture.js';
import { connectToNats } from './nats-connection.js';
import { ReadingConnection } from './reading-connection.js';

describe('the connection over which old commits are read', () => {
  let folder: string;
  let server: OwnNatsServer;
  let reading: ReadingConnection;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'freehold-platform-'));
    server = await OwnNatsServer.start(testGroundConfiguration().natsServer ?? 'nats-server', folder);
    await listens(server);
    reading = new ReadingConnection({ servers: server.url, name: 'audit' });
  });
  afterEach(async () => {
    await reading.close();
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is opened once, however many ask at once', async () => {
    const [first, second] = await Promise.all([reading.get(), reading.get()]);
    expect(second).toBe(first);
    expect(await reading.get()).toBe(first);
    await first.flush();
  });

  it('makes no reader wait for a server that is not there, and is there when the server is', async () => {
    await server.kill();
    await expect(reading.get()).rejects.toThrow();
    server.start();
    await listens(server);
    await (await reading.get()).flush();
  });

  it('is opened again when the client has closed it', async () => {
    const first = await reading.get();
    await first.close();
    const second = await reading.get();
    expect([second === first, second.isClosed()]).toEqual([false, false]);
  });

  it('ends what was opened when it is closed, and opens nothing then', async () => {
    const opened = await reading.get();
    await reading.close();
    expect(opened.isClosed()).toBe(true);
    await expect(reading.get()).rejects.toThrow('closed');
  });
});

/** Resolves when it takes connections. */
async function listens({ url }: OwnNatsServer): Promise<void> {
  await (await connectToNats({ servers: url, name: 'test' })).close();
}
