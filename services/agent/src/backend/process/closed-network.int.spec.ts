import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { environmentSpec, logged, unitSpec } from '../conformance/backend-harness.conformance.js';
import { poll } from '../poll.js';
import type { RuntimeBackend } from '../runtime-backend.js';
import { entering } from './closed-network.js';
import { processHarness, sh, supervisor } from './process-backend.fixture.js';
import type { ProcessHarness } from './process-backend.fixture.js';
import { readProcess } from './process-table.js';

const NOBODY = { uid: 65_534, gid: 65_534 };
const asRoot = process.getuid?.() === 0;
const quick = { timeoutMs: 60_000, environment: {} };

describe('a closed network', () => {
  let harness: ProcessHarness;
  let backend: RuntimeBackend;
  let port: number;
  const { id, ...rest } = environmentSpec();
  beforeEach(async () => {
    harness = await processHarness('auto');
    backend = await harness.open();
    port = (await backend.create({ id, ...rest })).ports['http'] ?? 0;
  });
  afterEach(async () => {
    await backend.close();
    await harness.dispose();
  });
  const closed = () => ({ ...unitSpec(harness.commands.serve(port)), closed: true });
  const file = (name: string) => join(harness.root, 'environments', id, 'network', name);
  const holder = async () => Number((await readFile(file('holder.pid'), 'utf8')).split(' ')[0]);
  const gone = (pid: number) => poll(5_000, async () => ((await readProcess(pid)) === undefined ? true : undefined));
  async function probe(): Promise<string> {
    const socket = await backend.dial(id, port);
    return new Promise((resolve, reject) => {
      get({ path: '/', createConnection: () => socket }, (answer) => resolve(text(answer))).once('error', reject);
    });
  }

  test('has loopback and no other interface, for the environment’s own user', async () => {
    const script = 'id -u; grep -c : /proc/net/dev; readlink /proc/self/ns/net';
    const seen = (await backend.exec(id, { ...quick, command: sh(script), closed: true })).stdout.split('\n');
    const open = (await backend.exec(id, { ...quick, command: sh(script), closed: false })).stdout.split('\n');
    expect(seen[0]).toBe(open[0]);
    expect(seen[1]).toBe('1');
    expect(seen[2]).toMatch(/^net:/);
    expect(seen[2]).not.toBe(open[2]);
  });

  test('is entered through its units when its holder was killed, and goes with them', async () => {
    await backend.start(id, closed());
    await logged(backend, id, 'ready');
    const pid = await holder();
    process.kill(pid, 'SIGKILL');
    expect(await gone(pid)).toBe(true);
    expect(await probe()).toBe('here');
    const inside = await backend.exec(id, { ...quick, command: harness.commands.reach('127.0.0.1', port) });
    expect(inside.exitCode).toBe(0);
    await backend.stop(id, 'main');
    await expect(backend.dial(id, port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  if (asRoot) {
    test('hides the sockets through which the host resolves names', hidesNameService);
  }
  async function hidesNameService(): Promise<void> {
    const place = '/run/nscd';
    const made = await mkdir(place, { recursive: true });
    const mark = join(place, `freehold-${id}`);
    try {
      await writeFile(mark, '');
      const look = { ...quick, command: ['/bin/ls', place] };
      expect((await backend.exec(id, { ...look, closed: false })).stdout).toContain(id);
      expect(await backend.exec(id, { ...look, closed: true })).toMatchObject({ exitCode: 0, stdout: '' });
      expect((await backend.exec(id, { ...look, closed: false })).stdout).toContain(id);
    } finally {
      await rm(mark, { force: true });
      if (made !== undefined) await rmdir(place);
    }
  }

  test('lets its holder go when nothing runs in it', async () => {
    await backend.start(id, closed());
    const pid = await holder();
    await backend.stop(id, 'main');
    expect(await gone(pid)).toBe(true);
  });

  test.each([
    ['another network than was meant', async () => `net:[1] ${await holder()} ${entering().join(' ')}\n`],
    ['a network that is gone', async () => `net:[1] 4194304 ${entering().join(' ')}\n`],
    ['a record that was not written whole', async () => ''],
  ])('a unit does not start in %s', async (_, namespace) => {
    await backend.start(id, closed());
    const [shim = ''] = (await readdir(join(harness.root, 'backend'))).filter((name) => name.startsWith('unit-shim-'));
    const folder = join(harness.root, 'by-hand');
    await mkdir(folder);
    await writeFile(join(folder, 'namespace'), await namespace());
    await writeFile(join(folder, 'launch.sh'), `touch ${folder}/ran`);
    const args = [join(harness.root, 'backend', shim), 'become', folder, join(folder, 'launch.sh')];
    const [code] = (await once(spawn('/bin/sh', args), 'exit')) as [number];
    expect(code).not.toBe(0);
    expect(await readdir(folder)).not.toContain('ran');
    await rm(join(folder, 'namespace'));
    await once(spawn('/bin/sh', args), 'exit');
    expect(await readdir(folder)).toContain('ran'); // nothing but that kept it
  });

  test('an agent that dies while it makes one leaves at most one holder', async () => {
    for (const afterMs of [0, 5, 10, 20, 40]) {
      const agent = supervisor(
        `console.log('now'); setTimeout(() => process.kill(process.pid, 'SIGKILL'), Number(rest[1])); await backend.start(id, JSON.parse(rest[0]));`,
        [harness.root, id, JSON.stringify(closed()), String(afterMs)],
      );
      await once(agent, 'exit');
      expect(await backend.start(id, closed())).toMatchObject({ state: 'running' });
      expect(await poll(5_000, async () => ((await probe().catch(() => '')) === 'here' ? true : undefined))).toBe(true);
      const pid = await holder();
      await backend.stop(id, 'main');
      expect(await gone(pid)).toBe(true);
    }
  }, 180_000);

  test('needs no root where user namespaces are allowed', async () => {
    const root = await mkdtemp(join(tmpdir(), 'freehold-closed-'));
    await chmod(root, 0o777);
    let connections = 0;
    const listener = createServer((socket) => socket.destroy()).on('connection', () => (connections += 1));
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const address = listener.address();
    const outside = address !== null && typeof address === 'object' ? address.port : 0;
    try {
      const script = `
        const { port, spec, serve, reach, getuid, noted } = JSON.parse(rest[0]);
        const { closing } = await backend.capabilities();
        const made = await backend.create({ id, ...spec });
        const command = serve.map((word) => (word === 'PORT' ? String(made.ports.http) : word));
        const unit = { name: 'main', command, environment: {}, stopTimeoutMs: 5000, closed: true };
        await backend.start(id, unit);
        await backend.start(id, { ...unit, name: 'engine', command: ['/bin/sh', '-c', noted], network: 'none' });
        const exec = async (command) => backend.exec(id, { command, environment: {}, timeoutMs: 60_000 });
        let socket;
        for (let tries = 0; tries < 200 && socket === undefined; tries += 1) {
          socket = await backend.dial(id, made.ports.http).catch(() => undefined);
        }
        socket?.destroy();
        const out = (await exec(reach)).exitCode;
        const user = (await exec(getuid)).stdout;
        let alone = '';
        for (let tries = 0; tries < 200 && alone.split('\\n').length < 5; tries += 1) {
          alone = (await exec(['/bin/cat', 'noted'])).stdout;
        }
        await backend.destroy(id);
        await backend.close();
        console.log(JSON.stringify({ closing, dialled: socket !== undefined, out, user, alone }));`;
      const serve = [
        process.execPath,
        '-e',
        `require('node:http').createServer().listen(process.argv[1], '127.0.0.1')`,
      ];
      const asked = {
        ...{ spec: rest, serve: [...serve, 'PORT'], getuid: ['/usr/bin/id', '-u'] },
        reach: harness.commands.reach('127.0.0.1', outside),
        noted:
          'id -u >noted; grep -c : /proc/net/dev >>noted; cat /sys/class/net/lo/operstate >>noted; grep CapEff /proc/self/status >>noted; exec sleep 60',
      };
      const other = supervisor(script, [join(root, 'backend'), id, JSON.stringify(asked)], asRoot ? NOBODY : {});
      const said: unknown = JSON.parse(await text(other.stdout));
      const user = `${asRoot ? NOBODY.uid : process.getuid?.()}\n`;
      const alone = `${user}1\nunknown\nCapEff:\t0000000000000000\n`;
      expect(said).toEqual({ closing: true, dialled: true, out: 1, user, alone });
      expect(connections).toBe(0);
    } finally {
      listener.close();
      await rm(root, { recursive: true, force: true });
    }
  }, 120_000);
});
