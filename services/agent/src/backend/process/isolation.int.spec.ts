import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { lstat, readFile, readdir, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { claimsBelow } from './claims.js';
import { ended, environmentSpec, logged, unitSpec } from '../conformance/backend-harness.conformance.js';
import { poll } from '../poll.js';
import type { Environment, RuntimeBackend } from '../runtime-backend.js';
import { MACHINE_CLAIMS } from './process-backend.options.js';
import { processHarness, sh } from './process-backend.fixture.js';
import type { ProcessHarness } from './process-backend.fixture.js';

const quick = { timeoutMs: 30_000, environment: {} };
const asRoot = process.getuid?.() === 0;

describe('an environment of OS processes', () => {
  let harness: ProcessHarness;
  let backend: RuntimeBackend;
  let here: Environment;
  beforeEach(async () => {
    harness = await processHarness('auto');
    backend = await harness.open();
    here = await backend.create(environmentSpec());
  });
  afterEach(async () => {
    await backend.close();
    await harness.dispose();
  });
  const run = async (script: string) => backend.exec(here.id, { ...quick, command: sh(script) });

  test('says honestly how it is isolated', async () => {
    expect(await backend.capabilities()).toMatchObject({ isolation: asRoot ? 'user' : 'none' });
    const open = await harness.open({ isolation: 'none' });
    expect(await open.capabilities()).toMatchObject({ isolation: 'none', limits: [] });
    await open.close();
  });

  test('units and commands run as the environment’s user, without more', async () => {
    const { uid, gid } = here.user;
    expect((await run('id -u; id -g; id -G; pwd')).stdout).toBe(`${uid}\n${gid}\n${gid}\n${here.folder}\n`);
    await backend.start(
      here.id,
      unitSpec(sh('id -u; id -g; id -G; umask; pwd; ls -l /proc/self/fd | grep -c lock; exec sleep 300')),
    );
    await logged(backend, here.id, '0');
    const lines = await Array.fromAsync(backend.logs(here.id, 'main'));
    expect(lines).toEqual([`${uid}`, `${gid}`, `${gid}`, '0077', here.folder, '0']);
    if (asRoot) expect(uid).not.toBe(process.getuid?.());
  });

  test('a unit gets its variables literally and nothing of ours', async () => {
    const odd = `it's "$HOME" \`id\` \\ \n second`;
    await backend.start(
      here.id,
      unitSpec(sh('env -0 >seen; echo ready; exec sleep 300'), { environment: { ODD: odd } }),
    );
    await logged(backend, here.id, 'ready');
    const seen = Buffer.from(await backend.volume(here.id, '').read('seen'))
      .toString()
      .split('\0');
    expect(seen).toContain(`ODD=${odd}`);
    const names = seen.map((one) => one.split('=')[0]).filter((name) => name !== '');
    expect(new Set(names)).toEqual(new Set(['FREEHOLD_UNIT', 'HOME', 'ODD', 'PATH', 'PWD']));
  });

  test('a secret is a file that only the environment’s user can read', async () => {
    await backend.volume(here.id, '').write('secrets/key', 'planted', 0o400);
    const { mode, uid } = await stat(join(here.folder, 'secrets/key'));
    expect([mode & 0o777, uid]).toEqual([0o400, here.user.uid]);
    expect((await run('cat secrets/key')).stdout).toBe('planted');
    const other = await backend.create(environmentSpec());
    const spied = await backend.exec(other.id, { ...quick, command: sh('cat "$1"', join(here.folder, 'secrets/key')) });
    expect(spied.stdout).toBe(asRoot ? '' : 'planted');
  });

  test('as root an application cannot touch its record, its pid file or its launch script', async () => {
    await backend.start(here.id, unitSpec(harness.commands.forever()));
    const up = join(here.folder, '..');
    const places = [join(up, 'environment.json'), join(up, 'units/main/unit.pid'), join(up, 'launch/main.sh')];
    const mayWrite = await run(places.map((place) => `test -w "${place}" && echo yes || echo no`).join('; '));
    // The launch script is read-only for us, too. Without root the others are said not to be isolated, not prevented.
    expect(mayWrite.stdout.split('\n', 3)).toEqual(asRoot ? ['no', 'no', 'no'] : ['yes', 'yes', 'no']);
    const mayAdd = await run(`test -w "${join(up, 'launch')}" && echo yes || echo no; ls "${join(up, 'units')}"`);
    expect(mayAdd.stdout).toBe(asRoot ? 'no\n' : 'yes\nmain\n');
  });

  test('links that an application plants are never followed', async () => {
    await symlink('/etc', join(here.folder, 'data', 'out'));
    await symlink('/etc/hostname', join(here.folder, 'data', 'name'));
    await run('mkfifo data/pipe');
    const volume = backend.volume(here.id, 'data');
    const refused = { code: 'file-unsafe' };
    await expect(volume.read('out/hostname')).rejects.toMatchObject(refused);
    await expect(volume.read('name')).rejects.toMatchObject(refused);
    await expect(volume.read('pipe')).rejects.toMatchObject(refused);
    await expect(volume.write('out/freehold-test', 'x')).rejects.toMatchObject(refused);
    await expect(backend.create(environmentSpec({ id: here.id, folders: ['data/out/x'] }))).rejects.toMatchObject(
      refused,
    );
    const before = await readFile('/etc/hostname', 'utf8');
    await volume.write('name', 'replaced');
    expect(await readFile('/etc/hostname', 'utf8')).toBe(before);
    expect((await lstat(join(here.folder, 'data', 'name'))).isFile()).toBe(true);
    expect(await Array.fromAsync(volume.walk())).toEqual([
      expect.objectContaining({ kind: 'file', path: 'name' }),
      { kind: 'link', path: 'out', target: '/etc' },
      { kind: 'special', path: 'pipe' },
    ]);
  });

  test('a unit serves on its port', async () => {
    const serve = `exec python3 -m http.server --bind 127.0.0.1 ${here.ports['http']}`;
    await backend.start(here.id, unitSpec(sh(serve), { workingFolder: 'data', stopSignal: 'SIGINT' }));
    await backend.volume(here.id, 'data').write('hello', 'world');
    const answer = await poll(10_000, () =>
      fetch(`http://127.0.0.1:${here.ports['http']}/hello`).then(
        (got) => got.text(),
        () => undefined,
      ),
    );
    expect(answer).toBe('world');
    const usage = await backend.usage(here.id);
    expect(usage).toMatchObject({ pids: 1 });
    expect(usage.memoryBytes).toBeGreaterThan(1_000_000);
    expect(usage.diskBytes).toBeGreaterThan(0);
    expect(await backend.stop(here.id, 'main')).toMatchObject({ state: 'exited' });
  });

  test('limits hold where they are said to', async () => {
    const { limits } = await backend.capabilities();
    const small = { memoryBytes: 48 * 1024 * 1024, cpuMillis: 500, pids: 8, diskBytes: 1024 * 1024 };
    const { id } = await backend.create(environmentSpec({ limits: small }));
    const eat = ['/usr/bin/python3', '-c', 'x = b"x" * (200 * 1024 * 1024); print("eaten")'];
    await backend.start(id, unitSpec(eat));
    expect(await ended(backend, id)).toMatchObject({ exitCode: limits.includes('memoryBytes') ? 137 : 0 });
    const fork = sh('for n in $(seq 20); do sleep 2 & done; jobs -p | wc -l');
    const { exitCode } = await backend.exec(id, { ...quick, command: fork });
    expect(exitCode === 0).toBe(!limits.includes('pids'));
  });

  test('destroy leaves no folder, group, claim or process', async () => {
    await backend.start(here.id, unitSpec(sh('setsid sleep 301 & exec sleep 300')));
    await backend.destroy(here.id);
    expect(await readdir(join(harness.root, 'environments'))).toEqual([]);
    expect(await claimsBelow(asRoot ? MACHINE_CLAIMS : join(harness.root, 'backend', 'claims'), harness.root)).toEqual(
      [],
    );
    const groups = await readdir('/sys/fs/cgroup', { recursive: false }).catch(() => []);
    for (const group of groups) {
      const below = await readdir(join('/sys/fs/cgroup', group)).catch(() => []);
      for (const name of below.filter((one) => one.startsWith('freehold-'))) {
        expect(await readdir(join('/sys/fs/cgroup', group, name))).not.toContain(here.id);
      }
    }
  });

  test('a port that somebody else listens on is not given out; a range can be used up', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const taken = typeof address === 'object' && address !== null ? address.port : 0;
    const narrow = await harness.open({ ports: { first: taken, last: taken } });
    const spec = environmentSpec();
    await expect(narrow.create(spec)).rejects.toMatchObject({ code: 'ports-used-up', hint: expect.any(String) });
    await new Promise((resolve) => server.close(resolve));
    expect((await narrow.create(spec)).ports['http']).toBe(taken);
    await expect(narrow.create(environmentSpec())).rejects.toMatchObject({ code: 'ports-used-up' });
    await narrow.close();
  });

  test('installations that share claims never share numbers; a stale claim is given out again', async () => {
    const second = await processHarness('auto');
    const claimsFolder = join(harness.root, 'shared-claims');
    const ours = await harness.open({ claimsFolder });
    const shared = await ours.create(environmentSpec());
    const theirs = await second.open({ claimsFolder });
    const there = await theirs.create(environmentSpec());
    expect(there.ports['http']).not.toBe(shared.ports['http']);
    if (asRoot) expect(there.user.uid).not.toBe(shared.user.uid);
    await theirs.close();
    await second.dispose(); // with claims of its own: those of the first installation stay
    const claim = join(claimsFolder, `port-${there.ports['http']}`);
    expect(await readFile(claim, 'utf8')).toContain(there.id);
    const longAgo = new Date(Date.now() - 3_600_000);
    await utimes(claim, longAgo, longAgo);
    expect((await ours.create(environmentSpec())).ports['http']).toBe(there.ports['http']);
    await writeFile(claim, 'broken');
    await ours.close();
  });
});
