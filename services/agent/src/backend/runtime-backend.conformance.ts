import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { poll } from './poll.js';
import { OUTPUT_LIMIT_BYTES } from './runtime-backend.js';
import type { Environment, EnvironmentSpec, RuntimeBackend, UnitSpec, UnitStatus } from './runtime-backend.js';

/** A fresh host and the programs that the suite needs on it. */
export interface BackendHarness {
  /** A backend on the same host each time: the second is "after a crash" of the first. */
  open(): Promise<RuntimeBackend>;
  readonly commands: {
    /** Prints `ready`, then runs until it is told to stop. */
    forever(): string[];
    /** Like forever, but a stop signal does nothing. */
    stubborn(): string[];
    /** Prints `bye`. */
    exit(code: number): string[];
    /** Prints `line 1` … `line n`, then runs until it is told to stop. */
    lines(count: number): string[];
    /** stdin to stdout, `complaint` to stderr, exits 0. */
    copy(): string[];
    /** That many bytes to stdout, exits 0. */
    flood(bytes: number): string[];
    /** Prints the value of a variable, exits 0. */
    variable(name: string): string[];
    /** Answers HTTP with `here` on the loopback port; prints `ready` when it does. */
    serve(port: number): string[];
    /** Exits 0 if it can connect by TCP, else 1. */
    reach(address: string, port: number): string[];
    /** Sends a datagram; exits 1 if that is refused at once. */
    send(address: string, port: number): string[];
  };
  dispose(): Promise<void>;
}

const limits = { memoryBytes: 256 * 1024 * 1024, cpuMillis: 1000, pids: 64, diskBytes: 1024 * 1024 * 1024 };

export function environmentSpec(changes: Partial<EnvironmentSpec> = {}): EnvironmentSpec {
  return { id: randomUUID(), ports: ['http'], folders: ['data'], limits, ...changes };
}

export function unitSpec(command: readonly string[], changes: Partial<UnitSpec> = {}): UnitSpec {
  return { name: 'main', command, environment: {}, stopTimeoutMs: 5_000, ...changes };
}

/** What every adapter of RuntimeBackend must hold. Releases are tested by each adapter. */
export function runtimeBackendConformance(name: string, makeHarness: () => Promise<BackendHarness>): void {
  describe(`${name} is a runtime backend`, () => {
    let harness: BackendHarness;
    let backend: RuntimeBackend;
    const reopen = async () => {
      await backend.close();
      backend = await harness.open();
    };
    beforeEach(async () => {
      harness = await makeHarness();
      backend = await harness.open();
    });
    afterEach(async () => {
      await backend.close();
      await harness.dispose();
    });
    const scene = { backend: () => backend, harness: () => harness, reopen };
    describe('environments', () => environments(scene));
    describe('units', () => units(scene));
    describe('exec and logs', () => execAndLogs(scene));
    describe('volumes', () => volumes(scene));
  });
}

interface Scene {
  readonly backend: () => RuntimeBackend;
  readonly harness: () => BackendHarness;
  readonly reopen: () => Promise<void>;
}

function environments({ backend, harness, reopen }: Scene): void {
  test('creating twice is the same environment, also after a crash', async () => {
    const spec = environmentSpec({ ports: ['http', 'admin'] });
    const first = await backend().create(spec);
    const second = await backend().create(spec);
    await reopen();
    const third = await backend().create(spec);
    expect(second).toEqual(first);
    expect(third).toEqual(first);
    expect(Object.keys(first.ports).sort()).toEqual(['admin', 'http']);
    expect(first.ports['admin']).not.toBe(first.ports['http']);
  });

  test('creating again keeps files and adds ports and folders', async () => {
    const spec = environmentSpec();
    const first = await backend().create(spec);
    await backend().volume(spec.id, 'data').write('kept', 'yes');
    const more = await backend().create({ ...spec, ports: ['http', 'metrics'], folders: ['data', 'media/big'] });
    expect(more.ports['http']).toBe(first.ports['http']);
    expect(more.ports['metrics']).toEqual(expect.any(Number));
    const paths = (await Array.fromAsync(backend().volume(spec.id, '').walk())).map(({ path }) => path);
    expect(paths).toEqual(['data', 'data/kept', 'media', 'media/big']);
  });

  test('no port and no user is given to two environments, also concurrently', async () => {
    const made = await Promise.all(Array.from({ length: 6 }, () => backend().create(environmentSpec())));
    expect(new Set(made.map(({ ports }) => ports['http'])).size).toBe(made.length);
    const { isolation } = await backend().capabilities();
    if (isolation === 'user') expect(new Set(made.map(({ user }) => user.uid)).size).toBe(made.length);
  });

  test('destroying stops everything, frees it, and succeeds again', async () => {
    const spec = environmentSpec();
    await backend().create(spec);
    await backend().start(spec.id, unitSpec(harness().commands.forever()));
    await backend().destroy(spec.id);
    await backend().destroy(spec.id);
    await backend().destroy(randomUUID());
    expect(await backend().status(spec.id, 'main')).toEqual({ state: 'absent' });
    expect(await backend().observe()).toEqual({ state: 'known', environments: [] });
    const again = await backend().create(spec);
    expect(Array.from(await Array.fromAsync(backend().volume(again.id, 'data').walk()))).toEqual([]);
  });

  test('observe shows every environment with its units', async () => {
    const { id, environment } = await present(backend());
    await backend().start(id, unitSpec(harness().commands.forever()));
    const seen = await backend().observe();
    expect(seen).toMatchObject({
      state: 'known',
      environments: [{ state: 'present', id, environment, units: { main: { state: 'running' } } }],
    });
  });

  test('an environment that is not there is said to be unknown', async () => {
    const id = randomUUID();
    const unit = unitSpec(harness().commands.forever());
    await expect(backend().start(id, unit)).rejects.toMatchObject({ code: 'environment-unknown' });
    await expect(backend().usage(id)).rejects.toMatchObject({ code: 'environment-unknown' });
    await expect(backend().volume(id, '').write('a', 'b')).rejects.toMatchObject({ code: 'environment-unknown' });
    expect(await backend().stop(id, 'main')).toEqual({ state: 'absent' });
  });

  test.each(['../other', 'not a uuid', '', 'A'.repeat(36)])('refuses the id %p', async (id) => {
    await expect(backend().create(environmentSpec({ id }))).rejects.toMatchObject({ code: 'input-malformed' });
    await expect(backend().destroy(id)).rejects.toMatchObject({ code: 'input-malformed' });
  });
}

function units({ backend, harness, reopen }: Scene): void {
  test('starting twice runs one process', async () => {
    const { id } = await present(backend());
    const unit = unitSpec(harness().commands.forever());
    const both = await Promise.all([backend().start(id, unit), backend().start(id, unit)]);
    expect(both[0]).toMatchObject({ state: 'running', pid: expect.any(Number) });
    expect(both[1]).toEqual(both[0]);
    expect((await backend().usage(id)).pids).toBe(1);
  });

  test('a new backend finds the unit running, with pid and start time', async () => {
    const { id } = await present(backend());
    const before = await backend().start(id, unitSpec(harness().commands.forever()));
    await reopen();
    expect(await backend().status(id, 'main')).toEqual(before);
    expect(await backend().start(id, unitSpec(harness().commands.forever()))).toEqual(before);
    expect(await backend().stop(id, 'main')).toMatchObject({ state: 'exited' });
  });

  test('keeps the exit code', async () => {
    const { id } = await present(backend());
    await backend().start(id, unitSpec(harness().commands.exit(7)));
    expect(await ended(backend(), id)).toMatchObject({ state: 'exited', exitCode: 7 });
    await reopen();
    expect(await backend().status(id, 'main')).toMatchObject({ state: 'exited', exitCode: 7 });
  });

  test('starts again after an exit, as another process', async () => {
    const { id } = await present(backend());
    await backend().start(id, unitSpec(harness().commands.exit(1)));
    await ended(backend(), id);
    const again = await backend().start(id, unitSpec(harness().commands.forever()));
    expect(again).toMatchObject({ state: 'running' });
  });

  test('says by digest which spec runs', async () => {
    const { id } = await present(backend());
    const first = await backend().start(id, unitSpec(harness().commands.forever(), { environment: { A: '1' } }));
    await backend().stop(id, 'main');
    const second = await backend().start(id, unitSpec(harness().commands.forever(), { environment: { A: '2' } }));
    expect(digestOf(second)).not.toBe(digestOf(first));
  });

  test('a unit that ignores the stop signal is killed', async () => {
    const { id } = await present(backend());
    await backend().start(id, unitSpec(harness().commands.stubborn(), { stopTimeoutMs: 200 }));
    await logged(backend(), id, 'ready');
    expect(await backend().stop(id, 'main')).toMatchObject({ state: 'exited', exitCode: 137 });
  });

  test('stopping what never ran is absent, stopping twice is the same', async () => {
    const { id } = await present(backend());
    expect(await backend().stop(id, 'main')).toEqual({ state: 'absent' });
    await backend().start(id, unitSpec(harness().commands.forever()));
    const stopped = await backend().stop(id, 'main');
    expect(await backend().stop(id, 'main')).toEqual(stopped);
  });

  test('a program that does not exist is an exit, with 127', async () => {
    const { id } = await present(backend());
    await backend().start(id, unitSpec(['/no/such/program']));
    expect(await ended(backend(), id)).toMatchObject({ exitCode: 127 });
  });

  test('refuses a malformed unit', async () => {
    const { id } = await present(backend());
    const good = unitSpec(harness().commands.forever());
    const malformed = { code: 'input-malformed' };
    await expect(backend().start(id, { ...good, name: '../main' })).rejects.toMatchObject(malformed);
    await expect(backend().start(id, { ...good, command: [] })).rejects.toMatchObject(malformed);
    await expect(backend().start(id, { ...good, environment: { 'A B': 'c' } })).rejects.toMatchObject(malformed);
    const outside = { ...good, workingFolder: '../..' };
    await expect(backend().start(id, outside)).rejects.toMatchObject({ code: 'path-leaves-environment' });
  });
}

function execAndLogs({ backend, harness }: Scene): void {
  const quick = { timeoutMs: 10_000, environment: {} };

  test('exec hands stdin on and keeps stdout and stderr apart', async () => {
    const { id } = await present(backend());
    const result = await backend().exec(id, { ...quick, command: harness().commands.copy(), stdin: 'grüße' });
    expect(result).toEqual({ exitCode: 0, stdout: 'grüße', stderr: 'complaint', truncated: false });
  });

  test('exec gives its variables and answers the exit code', async () => {
    const { id } = await present(backend());
    const quoted = `it's "$HOME" \`x\``;
    const told = await backend().exec(id, {
      ...quick,
      command: harness().commands.variable('WORD'),
      environment: { WORD: quoted },
    });
    expect(told.stdout.trim()).toBe(quoted);
    expect(await backend().exec(id, { ...quick, command: harness().commands.exit(3) })).toMatchObject({ exitCode: 3 });
  });

  test('exec bounds what it keeps', async () => {
    const { id } = await present(backend());
    const result = await backend().exec(id, { ...quick, command: harness().commands.flood(OUTPUT_LIMIT_BYTES + 5) });
    expect(result.truncated).toBe(true);
    expect(result.stdout.length).toBe(OUTPUT_LIMIT_BYTES);
  });

  test('exec ends what takes too long', async () => {
    const { id } = await present(backend());
    const slow = { command: harness().commands.stubborn(), timeoutMs: 300, environment: {} };
    await expect(backend().exec(id, slow)).rejects.toMatchObject({ code: 'exec-timed-out' });
    expect(await poll(5_000, async () => ((await backend().usage(id)).pids === 0 ? true : undefined))).toBe(true);
  });

  test('logs answers the last lines', async () => {
    const { id } = await present(backend());
    await backend().start(id, unitSpec(harness().commands.lines(5)));
    await logged(backend(), id, 'line 5');
    expect(await Array.fromAsync(backend().logs(id, 'main', { lines: 2 }))).toEqual(['line 4', 'line 5']);
    expect(await Array.fromAsync(backend().logs(id, 'other'))).toEqual([]);
  });

  test('logs follows, across a restart of the unit, until the signal', async () => {
    const { id } = await present(backend());
    const abort = new AbortController();
    const seen: string[] = [];
    await backend().start(id, unitSpec(harness().commands.exit(0)));
    await ended(backend(), id);
    const reading = (async () => {
      for await (const line of backend().logs(id, 'main', { follow: true, signal: abort.signal })) seen.push(line);
    })();
    await backend().start(id, unitSpec(harness().commands.lines(2)));
    await poll(10_000, async () => (seen.includes('line 2') ? true : undefined));
    abort.abort();
    await reading;
    expect(seen).toEqual(['bye', 'line 1', 'line 2']);
  });
}

function volumes({ backend }: Scene): void {
  test('reads what it wrote, whole and as a stream, and replaces it', async () => {
    const { id } = await present(backend());
    const volume = backend().volume(id, 'data');
    await volume.write('deep/er/file', 'one');
    await volume.write('deep/er/file', Buffer.from('two'));
    expect(Buffer.from(await volume.read('deep/er/file')).toString()).toBe('two');
    expect(Buffer.concat(await Array.fromAsync(backend().volume(id, '').stream('data/deep/er/file'))).toString()).toBe(
      'two',
    );
  });

  test('walks with digests and modes, in a fixed order', async () => {
    const { id } = await present(backend());
    const volume = backend().volume(id, 'data');
    await volume.write('secrets/key', 'abc', 0o400);
    await volume.write('a.txt', '', 0o640);
    expect(await Array.fromAsync(volume.walk())).toEqual([
      { kind: 'file', path: 'a.txt', sizeBytes: 0, mode: 0o640, sha256: expect.stringMatching(/^e3b0c442/) },
      { kind: 'folder', path: 'secrets', mode: 0o700 },
      { kind: 'file', path: 'secrets/key', sizeBytes: 3, mode: 0o400, sha256: expect.stringMatching(/^ba7816bf/) },
    ]);
  });

  test('a file of mode 0400 can be written again and removed, twice', async () => {
    const { id } = await present(backend());
    const volume = backend().volume(id, '');
    await volume.write('key', 'a', 0o400);
    await volume.write('key', 'b', 0o400);
    expect(Buffer.from(await volume.read('key')).toString()).toBe('b');
    await volume.remove('key');
    await volume.remove('key');
    await expect(volume.read('key')).rejects.toMatchObject({ code: 'file-unknown' });
  });

  test.each(['../x', 'a/../../x', '/etc/passwd', 'a\0b', '..'])('refuses the path %p', async (path) => {
    const { id } = await present(backend());
    const volume = backend().volume(id, '');
    const refused = { code: 'path-leaves-environment' };
    await expect(volume.write(path, 'x')).rejects.toMatchObject(refused);
    await expect(volume.read(path)).rejects.toMatchObject(refused);
    await expect(volume.remove(path)).rejects.toMatchObject(refused);
    expect(() => backend().volume(id, path)).toThrow(expect.objectContaining(refused));
    await expect(backend().create(environmentSpec({ folders: [path] }))).rejects.toMatchObject(refused);
  });
}

export async function present(backend: RuntimeBackend): Promise<{ id: string; environment: Environment }> {
  const environment = await backend.create(environmentSpec());
  return { id: environment.id, environment };
}

/** The status once the unit has ended, or as it is after 10 s. */
export async function ended(backend: RuntimeBackend, id: string, unit = 'main'): Promise<UnitStatus> {
  const status = await poll(10_000, async () => {
    const now = await backend.status(id, unit);
    return now.state === 'running' ? undefined : now;
  });
  return status ?? backend.status(id, unit);
}

/** Resolves once the unit has printed the line. */
export async function logged(backend: RuntimeBackend, id: string, line: string, unit = 'main'): Promise<void> {
  const seen = await poll(10_000, async () => {
    return (await Array.fromAsync(backend.logs(id, unit))).includes(line) ? true : undefined;
  });
  if (!seen) throw new Error(`the unit ${unit} did not print "${line}"`);
}

export function digestOf(status: UnitStatus): string | undefined {
  return status.state === 'absent' ? undefined : status.specDigest;
}
