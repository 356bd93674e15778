import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Principal } from '@freehold/kernel';
import { ensureLogStream, jetStreamLog, type Log } from '@freehold/log';
import { eventually, testGroundConfiguration } from '@freehold/supervisor/testing';
import type { NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureOps } from '../followers/bookmarks.js';
import { OperationClient } from '../operations/operation.client.js';
import { readSigningKey } from '../principals/key-files.js';
import { signPrincipal } from '../principals/principal-token.js';
import { EchoModule } from '../testing/echo.controller.fixture.js';
import { showEcho } from '../testing/echo.fixture.js';
import { appendTo, followed, FollowersModule, newSubject } from '../testing/followers.fixture.js';
import { OwnNatsServer } from '../testing/nats-server.fixture.js';
import { writeSignerKeys } from '../testing/service-keys.js';
import { bootService, type RunningService } from './boot-service.js';
import { connectToNats } from './nats-connection.js';

const operator = randomUUID();
const principal: Principal = { actor: { kind: 'credential', id: 'k1' }, role: 'owner', operator };

describe('services when NATS is killed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'freehold-platform-'));
  const services: RunningService[] = [];
  let server: OwnNatsServer;
  let connection: NatsConnection;
  let client: OperationClient;
  let log: Log;

  const asks = async (timeoutMs = 1_000): Promise<string> => {
    const answered = await client.call(showEcho, { params: { operator }, body: {}, principal, timeoutMs });
    return answered.kind === 'done' ? 'done' : answered.reason;
  };

  beforeAll(async () => {
    server = await OwnNatsServer.start(testGroundConfiguration().natsServer ?? 'nats-server', folder);
    const { signingKeyFile, signerKeysFile } = writeSignerKeys(folder, ['gateway', 'echo', 'follower']);
    connection = await connectToNats({ servers: server.url, name: 'test' });
    await ensureLogStream(connection, { maxBytes: 2 ** 26 });
    await ensureOps(connection);
    log = jetStreamLog({ connection });
    const privateKey = await readSigningKey(signingKeyFile('gateway'));
    client = new OperationClient({ connection, sign: (who) => signPrincipal(privateKey, 'gateway', who) });
    const config = (name: string) => ({
      natsUrl: server.url,
      signingKeyFile: signingKeyFile(name),
      signerKeysFile,
      logLevel: 'silent' as const,
    });
    services.push(await bootService({ name: 'echo', module: EchoModule, config: config('echo') }));
    services.push(await bootService({ name: 'follower', module: FollowersModule, config: config('follower') }));
  });
  afterAll(async () => {
    await Promise.all(services.map((service) => service.stop()));
    await connection.close();
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  it('answers 503 meanwhile, and goes on by itself afterwards: operations, followers, bookmarks', async () => {
    const subject = newSubject();
    const positions = await appendTo(log, subject, 2);
    const seen = () => followed.seen.filter((commit) => commit.subject === subject).map(({ position }) => position);
    expect(await asks()).toBe('done');
    expect(await eventually(() => seen().length === 2)).toBe(true);
    await server.kill();
    expect(await asks(200)).toBe('unavailable');
    server.start();
    expect(await eventually(async () => (await asks()) === 'done')).toBe(true);
    positions.push(...(await appendTo(log, subject, 2)));
    expect(await eventually(() => seen().length >= 4)).toBe(true);
    expect([...new Set(seen())]).toEqual(positions);
  });

  it('stops while NATS is away, too', async () => {
    await server.kill();
    await Promise.all(services.map((service) => service.stop()));
    expect(services.map((service) => service.connection.isClosed())).toEqual([true, true]);
  });
});
