import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';
import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { FolderTakenError } from './folder-lock.js';
import { startGround, type Ground } from './ground.js';
import type { GroundOptions, NatsUser } from './ground.options.js';
import { endProcess, isAlive, processesWithArgument, processStartTime } from './os-process.js';
import { eventually, testGroundConfiguration } from './testing/index.js';

const admin: NatsUser = { name: 'admin', publish: ['>'], subscribe: ['>'] };
const { folder: runFolder, natsServer } = testGroundConfiguration();

let folder: string;
let ground: Ground | undefined;
let said: string[];

function options(users: readonly NatsUser[] = [admin]): GroundOptions {
  const nats = { accounts: [{ name: 'CELL', jetstream: true as const, users }], ...(natsServer && { natsServer }) };
  return { folder, nats, postgres: { durable: false }, say: (line) => said.push(line) };
}

function serversOf(installation: string) {
  const markers = [join(installation, 'nats', 'nats-server.conf'), join(installation, 'postgres', 'data')];
  return markers.flatMap((marker) => processesWithArgument(marker));
}

async function connectAs(running: Ground, user: string) {
  const seed = readFileSync(running.nats.seedFile('CELL', user));
  return connect({
    servers: running.nats.url,
    authenticator: nkeyAuthenticator(new Uint8Array(seed)),
    reconnect: false,
  });
}

async function query(running: Ground, sql: string) {
  const { accounts } = await running.postgres.ensureDatabase({ name: 'freehold', roles: [{ name: 'accounts' }] });
  const session = new pg.Client(accounts);
  await session.connect();
  try {
    return (await session.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await session.end();
  }
}

beforeEach(() => {
  mkdirSync(join(runFolder, 'work'), { recursive: true, mode: 0o711 });
  folder = mkdtempSync(join(runFolder, 'work', 'supervisor-'));
  chmodSync(folder, 0o711);
  said = [];
});

afterEach(async () => {
  await ground?.stop();
  ground = undefined;
  for (const server of serversOf(folder)) await endProcess(server, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

describe('a ground', () => {
  it('starts both servers behind keys and passwords, and stops without a trace', async () => {
    ground = await startGround(options([admin, { name: 'mute', publish: [], subscribe: [] }]));
    const connection = await connectAs(ground, 'admin');
    expect((await connection.request('$JS.API.INFO')).json()).toMatchObject({ streams: 0 });
    await connection.close();
    await expect(connect({ servers: ground.nats.url, reconnect: false })).rejects.toThrow(/authorization/i);
    const mute = await connectAs(ground, 'mute');
    await expect(mute.request('$JS.API.INFO')).rejects.toThrow(/permission/i);
    await mute.close();
    expect(await query(ground, 'select current_schema() as schema')).toEqual([{ schema: 'accounts' }]);
    const stranger = new pg.Client({ host: ground.postgres.socketFolder, user: 'freehold', password: 'guess' });
    await expect(stranger.connect()).rejects.toMatchObject({ code: '28P01' });

    for (const name of readdirSync(join(folder, 'keys'))) {
      expect([name, statSync(join(folder, 'keys', name)).mode & 0o777]).toEqual([name, 0o600]);
    }
    await ground.stop();
    expect(serversOf(folder)).toEqual([]);
    expect(readdirSync(join(folder, 'run'))).toEqual([]);
  });

  it('starts a killed NATS again, on the same port', async () => {
    ground = await startGround(options());
    const { pid, port } = ground.nats;
    process.kill(pid ?? 0, 'SIGKILL');
    expect(await eventually(() => ground?.status().nats.restarts === 1)).toBe(true);
    expect(ground.nats.pid).not.toBe(pid);
    expect(ground.nats.port).toBe(port);
    expect(readFileSync(`/proc/${ground.nats.pid}/environ`, 'utf8').split('\0')).toContain('GOGC=50');
    await (await connectAs(ground, 'admin')).close();
    expect(said).toContain(`nats: process ${pid} is gone, starting it again`);
  });

  it('starts a killed PostgreSQL again, with what was in it', async () => {
    ground = await startGround(options());
    await query(ground, 'create table kept as select 1 as one');
    process.kill(ground.postgres.pid ?? 0, 'SIGKILL');
    expect(await eventually(() => ground?.status().postgres.restarts === 1, { timeoutMs: 60_000 })).toBe(true);
    expect(await query(ground, 'select one from kept')).toEqual([{ one: 1 }]);
  });

  it('is looked after by one at a time', async () => {
    ground = await startGround(options());
    await expect(startGround(options())).rejects.toThrow(FolderTakenError);
    expect(serversOf(folder)).toHaveLength(2);
  });

  it('can be dropped and made again, as far as its database goes', async () => {
    ground = await startGround(options());
    await query(ground, 'create table gone ()');
    await ground.postgres.dropDatabase('freehold');
    expect(await query(ground, "select from pg_tables where tablename = 'gone'")).toEqual([]);
  });

  it('puts the socket where its path is short enough', async () => {
    folder = join(folder, 'x'.repeat(60), 'y'.repeat(60));
    ground = await startGround(options());
    const { socketFolder } = ground.postgres;
    expect(socketFolder.startsWith(folder)).toBe(false);
    expect(await query(ground, 'select 1 as one')).toEqual([{ one: 1 }]);
    await ground.stop();
    expect(existsSync(socketFolder)).toBe(false);
    folder = dirname(dirname(folder));
  });

  it('refuses a NATS server that is too old, with the remedy', async () => {
    const old = join(folder, 'old-nats-server');
    writeFileSync(old, '#!/bin/sh\necho "nats-server: v2.10.29"\n', { mode: 0o755 });
    const { nats } = options();
    await expect(startGround({ ...options(), nats: { ...nats, natsServer: old } })).rejects.toThrow(/too old; install/);
    expect(serversOf(folder)).toEqual([]);
  });
});

describe('after SIGKILL of the supervising process', () => {
  const fixture = join(dirname(fileURLToPath(import.meta.url)), '..', 'fixtures', 'supervise.mjs');

  async function superviseAndKill() {
    const flags = ['--experimental-transform-types', '--disable-warning=ExperimentalWarning'];
    const child = spawn(process.execPath, [...flags, fixture, JSON.stringify(options())], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
    const supervisor = { pid: child.pid ?? 0, startTime: processStartTime(child.pid ?? 0) ?? 0 };
    await endProcess(supervisor, 'SIGKILL');
    return serversOf(folder);
  }

  it('the servers go on and are adopted, with or without their records', async () => {
    const servers = await superviseAndKill();
    expect(servers.every(isAlive)).toBe(true);
    ground = await startGround(options());
    expect([ground.nats.pid, ground.postgres.pid]).toEqual(servers.map(({ pid }) => pid));
    await ground.leave();

    for (const name of ['nats.json', 'postgres.json']) rmSync(join(folder, 'run', name));
    ground = await startGround(options());
    expect(ground.status()).toMatchObject({ nats: { adopted: true }, postgres: { adopted: true } });
    expect(serversOf(folder)).toEqual(servers);
  });

  it('an adopted server that dies is started again', async () => {
    const [nats] = await superviseAndKill();
    ground = await startGround(options());
    process.kill(nats?.pid ?? 0, 'SIGKILL');
    expect(await eventually(() => ground?.status().nats.restarts === 1)).toBe(true);
  });

  it('a server that does not know a new user is started again', async () => {
    const [nats, postgres] = await superviseAndKill();
    ground = await startGround(options([admin, { name: 'late', publish: ['late'], subscribe: [] }]));
    expect(ground.nats.pid).not.toBe(nats?.pid);
    expect(ground.postgres.pid).toBe(postgres?.pid);
    await (await connectAs(ground, 'late')).close();
  });
});
