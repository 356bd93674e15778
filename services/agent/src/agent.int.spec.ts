import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { UnitObservation } from '@freehold/provisioning-contract';
import { eventually } from '@freehold/supervisor/testing';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Agent } from './agent.js';
import type { MemoryHost } from './backend/memory/memory-host.js';
import { findHostPrograms, majorVersions } from './packages/host-programs.js';
import { ask, memoryHost, startTestAgent } from './testing/agent.fixture.js';
import { HOST, nameOf, TestCell } from './testing/cell.fixture.js';
import { greeterPackage } from './testing/greeter.fixture.js';

describe('an agent, from desired state to what runs', () => {
  let cell: TestCell;
  let digest: string;
  let host: MemoryHost;
  let agent: Agent;
  let start: (leaveRunning: boolean) => Promise<Agent>;
  let folder: string;
  let number = 0;
  beforeAll(async () => {
    cell = await TestCell.open();
    digest = await cell.publish(greeterPackage());
  });
  afterAll(() => cell.release());
  beforeEach(async () => {
    host = memoryHost();
    number += 1;
    ({ start, folder } = await startTestAgent(cell, { host, name: `agent-${number}` }));
    cell.joins.length = 0;
    agent = await start(false);
  });
  afterEach(async () => {
    await agent.close();
    for await (const key of await cell.desired.keys()) await cell.desired.purge(key);
  });

  const reported = (environment: string, wanted: string) =>
    eventually(() => cell.reported(environment).includes(wanted));
  /** What the unit's own port answers on this machine; null: nobody listens. */
  const straight = async (port: number) => (await fetch(`http://127.0.0.1:${port}/`).catch(() => null))?.text() ?? null;
  const runningUnit = (environment: string) => host.environments.get(environment)?.units.get('web');

  async function live(settings: Record<string, string> = {}) {
    const state = cell.state(digest);
    await cell.desire(state, { settings });
    expect(await reported(state.environment, 'observed 1 running')).toBe(true);
    return { state, name: nameOf(state.environment) };
  }

  test('makes it run, publishes its name, and says so once', async () => {
    const { state, name } = await live({ greeting: 'good day' });
    expect(await ask(agent, name)).toBe('good day');
    const seen = async () =>
      UnitObservation.safeParse((await cell.ops.get(`observation.${state.environment}`))?.json()).data;
    // What it did on the way there is told as well.
    expect(await eventually(async () => (await seen())?.healthy === true)).toBe(true);
    expect(await seen()).toMatchObject({ generation: 1, healthy: true, units: [{ name: 'web', state: 'running' }] });
    expect(cell.reported(state.environment)).toEqual(['observed 1 running']);
    expect(cell.joins[0]?.body).toMatchObject({
      ...{ backends: ['memory'], address: agent.router.address },
      dnsPort: agent.names.server.port,
      transferPort: agent.moves.port,
      programs: majorVersions(await findHostPrograms()),
      closing: true,
    });
  });

  test('a changed setting restarts what it changes; the same settings again restart nothing', async () => {
    const { state, name } = await live({ greeting: 'one' });
    const pid = runningUnit(state.environment)?.pid;
    await cell.desire({ ...state, generation: 2 }, { settings: { greeting: 'one' } });
    expect(await reported(state.environment, 'observed 2 running')).toBe(true);
    expect(runningUnit(state.environment)?.pid).toBe(pid);
    await cell.desire({ ...state, generation: 3 }, { settings: { greeting: 'one', note: 'only in a file' } });
    expect(await reported(state.environment, 'observed 3 running')).toBe(true);
    expect(runningUnit(state.environment)?.pid).not.toBe(pid);
    await cell.desire({ ...state, generation: 4 }, { settings: { greeting: 'two' } });
    expect(await reported(state.environment, 'observed 4 running')).toBe(true);
    expect(await ask(agent, name)).toBe('two');
  });

  test('stops, starts again with the same content, and leaves nothing when it is to be gone', async () => {
    const { state, name } = await live();
    const files = host.environments.get(state.environment)?.files;
    await cell.desire({ ...state, generation: 2, want: 'stopped', application: null, version: null, digest: null });
    expect(await reported(state.environment, 'observed 2 stopped')).toBe(true);
    expect(await ask(agent, name)).toBe(404);
    expect(runningUnit(state.environment)?.exit?.exitCode).toBe(143);
    await cell.desire({ ...state, generation: 3 });
    expect(await reported(state.environment, 'observed 3 running')).toBe(true);
    expect(host.environments.get(state.environment)?.files).toBe(files);
    await cell.desire({ ...state, generation: 4, want: 'absent', application: null, version: null, digest: null });
    expect(await reported(state.environment, 'observed 4 absent')).toBe(true);
    expect(await ask(agent, name)).toBe(404);
    expect(host.environments.size).toBe(0);
    await cell.desired.purge(`${HOST}.${state.environment}`);
    expect(await eventually(() => agent.reconciler.lanes.length === 0)).toBe(true);
  });

  test('closes and opens: reached by nobody in between, and probed all the same', async () => {
    const { state, name } = await live();
    const port = host.environments.get(state.environment)?.environment.ports['web'] ?? 0;
    const pid = runningUnit(state.environment)?.pid;
    await cell.desire({ ...state, generation: 2, want: 'closed' });
    expect(await reported(state.environment, 'observed 2 closed')).toBe(true);
    expect(await ask(agent, name)).toBe(404);
    expect(await straight(port)).toBeNull();
    expect(runningUnit(state.environment)).toMatchObject({ exit: undefined, spec: { closed: true } });
    expect(runningUnit(state.environment)?.pid).not.toBe(pid);
    const seen = async () => UnitObservation.parse((await cell.ops.get(`observation.${state.environment}`))?.json());
    expect(await eventually(async () => (await seen()).generation === 2 && (await seen()).healthy)).toBe(true);
    await agent.close();
    agent = await start(false);
    expect(await eventually(() => agent.reconciler.lane(state.environment)?.holds === true)).toBe(true);
    expect(await ask(agent, name)).toBe(404);
    expect(await straight(port)).toBeNull();
    await cell.desire({ ...state, generation: 3 });
    expect(await reported(state.environment, 'observed 3 running')).toBe(true);
    expect(await ask(agent, name)).toBe('hello');
    expect(await straight(port)).toBe('hello');
  });

  test('forwards the names of what is stopped, also after a restart that asks nobody, until it runs again', async () => {
    const { state, name } = await live();
    const elsewhere = createServer((request, response) => response.end(`there ${request.headers.host}`));
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    try {
      const forward = { address: '127.0.0.1', port: (elsewhere.address() as AddressInfo).port };
      await cell.desire({ ...state, generation: 2, want: 'stopped', forward });
      expect(await reported(state.environment, 'observed 2 stopped')).toBe(true);
      expect(await ask(agent, name)).toBe(`there ${name}`);
      expect(runningUnit(state.environment)?.exit).toBeDefined();
      await agent.close();
      await cell.desired.put(`${HOST}.${state.environment}`, JSON.stringify({ unreadable: true }));
      agent = await start(false);
      expect(await ask(agent, name)).toBe(`there ${name}`);
      await cell.desire({ ...state, generation: 3, want: 'stopped', forward: null });
      expect(await reported(state.environment, 'observed 3 stopped')).toBe(true);
      expect(await ask(agent, name)).toBe(404);
      await cell.desire({ ...state, generation: 4, want: 'stopped', forward });
      expect(await reported(state.environment, 'observed 4 stopped')).toBe(true);
      expect(await ask(agent, name)).toBe(`there ${name}`);
      await cell.desire({ ...state, generation: 5 });
      expect(await reported(state.environment, 'observed 5 running')).toBe(true);
      expect(await ask(agent, name)).toBe('hello');
    } finally {
      elsewhere.closeAllConnections();
      elsewhere.close();
    }
  });

  test('says absent also where nothing ever was', async () => {
    const state = cell.state(digest, { want: 'absent', application: null, version: null, digest: null });
    await cell.desire(state);
    expect(await reported(state.environment, 'observed 1 absent')).toBe(true);
  });

  test('starts again what dies, and tells it', async () => {
    const { state, name } = await live();
    await runningUnit(state.environment)?.stop();
    expect(await reported(state.environment, 'repaired web started-again')).toBe(true);
    expect(await ask(agent, name)).toBe('hello');
  });

  test('writes a file again that was changed, and tells it', async () => {
    const { state } = await live({ note: 'mine' });
    const files = host.environments.get(state.environment)?.files;
    const file = files?.get('greeter.yaml');
    files?.set('greeter.yaml', { content: Buffer.from('spoilt'), mode: 0o400 });
    expect(await reported(state.environment, 'repaired  configured-again')).toBe(true);
    expect(files?.get('greeter.yaml')).toEqual(file);
  });

  test('after a crash it finds what runs, leaves it alone and publishes it before it has asked anybody', async () => {
    await agent.close(); // of the default agent
    agent = await start(true);
    const { state, name } = await live();
    const pid = runningUnit(state.environment)?.pid;
    await agent.close();
    expect(runningUnit(state.environment)?.exit).toBeUndefined();
    await cell.desired.put(`${HOST}.${state.environment}`, JSON.stringify({ unreadable: true }));
    agent = await start(false);
    expect(await ask(agent, name)).toBe('hello');
    await cell.desire(state);
    expect(await eventually(() => agent.reconciler.lane(state.environment)?.holds === true)).toBe(true);
    expect(runningUnit(state.environment)?.pid).toBe(pid);
    expect(cell.reported(state.environment)).toEqual(['observed 1 running']);
  });

  test('an orderly end stops units without telling; the next start starts them', async () => {
    const { state, name } = await live();
    await agent.close();
    expect(runningUnit(state.environment)?.exit?.exitCode).toBe(143);
    agent = await start(false);
    expect(await eventually(async () => (await ask(agent, name)) === 'hello')).toBe(true);
    expect(await eventually(() => agent.reconciler.lane(state.environment)?.holds === true)).toBe(true);
    expect(cell.reported(state.environment)).toEqual(['observed 1 running']);
  });

  test('what is older than what it has seen is refused, after a restart too', async () => {
    const { state } = await live({ greeting: 'now' });
    await cell.desire({ ...state, generation: 5, epoch: 2 }, { settings: { greeting: 'now' } });
    expect(await reported(state.environment, 'observed 5 running')).toBe(true);
    await cell.desire({ ...state, generation: 4, epoch: 2, want: 'stopped' });
    await cell.desire({ ...state, generation: 6, epoch: 1, want: 'absent' });
    const { state: other } = await live(); // both were read before it
    expect(agent.reconciler.lane(other.environment)?.desired?.generation).toBe(1);
    expect(agent.reconciler.lane(state.environment)?.desired).toMatchObject({ generation: 5, want: 'running' });
    expect(runningUnit(state.environment)?.exit).toBeUndefined();
  });

  test('without a journal it starts nothing until it has read all that is desired', async () => {
    const { state } = await live();
    await agent.close();
    await rm(join(folder, 'agent/journal'), { recursive: true });
    agent = await start(false);
    expect(await eventually(() => agent.reconciler.lane(state.environment)?.holds === true)).toBe(true);
    expect(runningUnit(state.environment)?.exit).toBeUndefined();
  });

  test.each([
    ['ends at once', 'gone', 'unit-ends'],
    ['never answers', 'idle', 'not-ready'],
  ])('a unit that %s is given up with the reason, and is taken away when nobody wants it', async (_, program, code) => {
    const bad = await cell.publish(greeterPackage({ program, startTimeoutMs: 1_000 }));
    const state = cell.state(bad);
    await cell.desire(state);
    expect(await reported(state.environment, `failed 1 ${code}`)).toBe(true);
    await cell.desire({ ...state, generation: 2, want: 'absent' });
    expect(await reported(state.environment, 'observed 2 absent')).toBe(true);
    expect(cell.reported(state.environment)).toEqual([`failed 1 ${code}`, 'observed 2 absent']);
    expect(host.environments.size).toBe(0);
  });

  test('a release that the package does not have is given up', async () => {
    const state = cell.state(digest, { version: '9.9' });
    await cell.desire(state);
    expect(await reported(state.environment, 'failed 1 release-missing')).toBe(true);
  });
});
