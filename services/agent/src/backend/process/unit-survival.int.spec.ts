import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ended, environmentSpec, logged, unitSpec } from '../conformance/backend-harness.conformance.js';
import { poll } from '../poll.js';
import type { RuntimeBackend } from '../runtime-backend.js';
import { openHost } from './process-backend.options.js';
import { processHarness, sh, supervisor } from './process-backend.fixture.js';
import type { ProcessHarness } from './process-backend.fixture.js';
import { allProcesses, bootId, hasVariable, readProcess } from './process-table.js';

describe('units outlive the agent', () => {
  let harness: ProcessHarness;
  let backend: RuntimeBackend;
  const { id, ...rest } = environmentSpec();
  beforeEach(async () => {
    harness = await processHarness('auto');
    backend = await harness.open();
    await backend.create({ id, ...rest });
  });
  afterEach(async () => {
    await backend.close();
    await harness.dispose();
  });
  const unitFile = (name: string) => join(harness.root, 'environments', id, 'units', 'main', name);
  const instances = async () => {
    const found = [];
    for (const entry of await allProcesses()) {
      if (await hasVariable(entry.pid, `FREEHOLD_UNIT=${id}/main`)) found.push(entry.pid);
    }
    return found;
  };
  /** A process that is just becoming another program shows no variables for a moment. */
  const instancesBecome = (wanted: readonly number[]) =>
    poll(5_000, async () => ((await instances()).join() === wanted.join() ? true : undefined));

  test('after SIGKILL of the agent a new one finds the same process', async () => {
    const spec = unitSpec(sh('echo ready; sleep 1; echo later; exec sleep 300'));
    const agent = supervisor(
      `const status = await backend.start(id, JSON.parse(rest[0])); console.log(JSON.stringify(status)); setInterval(() => 0, 1e6);`,
      [harness.root, id, JSON.stringify(spec)],
    );
    const [line] = (await once(agent.stdout, 'data')) as [Buffer];
    agent.kill('SIGKILL');
    await once(agent, 'exit');
    const before: unknown = JSON.parse(line.toString());
    expect(before).toMatchObject({ state: 'running' });
    expect(await backend.status(id, 'main')).toEqual(before);
    await logged(backend, id, 'later');
    expect(await backend.start(id, spec)).toEqual(before);
    expect(await backend.stop(id, 'main')).toMatchObject({ state: 'exited', exitCode: 143 });
  });

  test('SIGKILL of the agent at any moment of a start leaves at most one process', async () => {
    const spec = unitSpec(sh('echo $$ >>starts; exec sleep 300'));
    for (const afterMs of [0, 4, 8, 12, 16, 24, 40]) {
      const agent = supervisor(
        `console.log('now'); setTimeout(() => process.kill(process.pid, 'SIGKILL'), Number(rest[1])); await backend.start(id, JSON.parse(rest[0])); setInterval(() => 0, 1e6);`,
        [harness.root, id, JSON.stringify(spec), String(afterMs)],
      );
      await once(agent, 'exit');
      const status = await backend.start(id, spec);
      expect(status).toMatchObject({ state: 'running' });
      expect(await instancesBecome([status.state === 'running' ? status.pid : 0])).toBe(true);
      await backend.stop(id, 'main');
      expect(await instances()).toEqual([]);
    }
  });

  test('a shim that comes late, after a stop, starts nothing; a second one neither', async () => {
    const started = await backend.start(id, unitSpec(harness.commands.forever()));
    const { shim } = await openHost({ root: harness.root });
    const token = await readFile(unitFile('wanted'), 'utf8');
    const late = () => {
      const launch = join(harness.root, 'environments', id, 'launch', 'main.sh');
      const folder = join(harness.root, 'environments', id, 'units', 'main');
      return once(spawn('/bin/sh', [shim, 'keep', folder, launch, token]), 'exit');
    };
    expect(await late()).toEqual([75, null]);
    expect(await instancesBecome([started.state === 'running' ? started.pid : 0])).toBe(true);
    await backend.stop(id, 'main');
    expect(await late()).toEqual([76, null]);
    expect(await instances()).toEqual([]);
  });

  test('a unit whose shim was killed is still found, not doubled, and stopped', async () => {
    const before = await backend.start(id, unitSpec(harness.commands.forever()));
    const [keeper] = (await readFile(unitFile('keeper.pid'), 'utf8')).split(' ');
    process.kill(Number(keeper), 'SIGKILL');
    await poll(5_000, async () => ((await readProcess(Number(keeper))) === undefined ? true : undefined));
    expect(await backend.status(id, 'main')).toEqual(before);
    expect(await backend.start(id, unitSpec(harness.commands.forever()))).toEqual(before);
    expect(await backend.stop(id, 'main')).toMatchObject({ state: 'exited', exitCode: null });
    expect(await instances()).toEqual([]);
  });

  test('a number that now belongs to another process is never signalled', async () => {
    await backend.start(id, unitSpec(harness.commands.exit(0)));
    await ended(backend, id);
    const stranger = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
    await once(stranger, 'spawn');
    try {
      await writeFile(unitFile('unit.pid'), `${stranger.pid} 1 ${bootId()}\n`);
      expect(await backend.status(id, 'main')).toMatchObject({ state: 'exited' });
      await backend.stop(id, 'main');
      await backend.destroy(id);
      expect(await readProcess(stranger.pid ?? 0)).toBeDefined();
    } finally {
      stranger.kill('SIGKILL');
    }
  });

  test('stop leaves no child behind, also one that left the session', async () => {
    const script =
      'sleep 301 & setsid sleep 302 & (setsid sh -c "sleep 303 & sleep 304" &) ; echo ready; exec sleep 305';
    await backend.start(id, unitSpec(sh(script)));
    await logged(backend, id, 'ready');
    await poll(5_000, async () => ((await backend.usage(id)).pids >= 5 ? true : undefined));
    await backend.stop(id, 'main');
    expect((await backend.usage(id)).pids).toBe(0);
    expect(await instances()).toEqual([]);
  });

  test('children of a unit that died are gone before it starts again', async () => {
    await backend.start(id, unitSpec(sh('setsid sleep 301 & exit 4')));
    expect(await ended(backend, id)).toMatchObject({ exitCode: 4 });
    const again = await backend.start(id, unitSpec(harness.commands.forever()));
    expect(await instancesBecome([again.state === 'running' ? again.pid : 0])).toBe(true);
  });

  test('SIGINT reaches a unit that asks for it', async () => {
    const trap = `trap 'echo interrupted; exit 5' INT; echo ready; while :; do sleep 0.05; done`;
    await backend.start(id, unitSpec(sh(trap), { stopSignal: 'SIGINT' }));
    await logged(backend, id, 'ready');
    expect(await backend.stop(id, 'main')).toMatchObject({ exitCode: 5 });
  });

  test('a log is rotated while the unit writes, and followed across it', async () => {
    const small = await harness.open({ logLimitBytes: 2_000, logCheckMs: 20 });
    const abort = new AbortController();
    await small.start(id, unitSpec(sh('n=0; while :; do n=$((n+1)); echo "number $n"; sleep 0.005; done')));
    const rotated = await poll(10_000, () => readFile(unitFile('log.1'), 'utf8').catch(() => undefined));
    expect(rotated).toContain('number 1\n');
    for await (const line of small.logs(id, 'main', { follow: true, lines: 1, signal: abort.signal })) {
      if (Number(line.split(' ')[1]) > 500) abort.abort();
    }
    expect((await readFile(unitFile('log'))).length).toBeLessThan(4_000);
    await small.close();
  });

  test('half-made, torn and strange folders are told apart', async () => {
    const environments = join(harness.root, 'environments');
    await mkdir(join(environments, 'half'));
    await mkdir(join(environments, 'torn'));
    await writeFile(join(environments, 'torn', 'environment.json'), '{"version":1,');
    const seen = await backend.observe();
    const states = seen.state === 'known' ? seen.environments.map((one) => [one.id, one.state]) : [];
    expect(Object.fromEntries(states)).toEqual({ [id]: 'present', half: 'incomplete', torn: 'cannot-say' });
  });
});
