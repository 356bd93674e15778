import { expect, test } from '@jest/globals';
import { digestOf, ended, logged, present, type Scene, unitSpec } from './backend-harness.conformance.js';

export function units({ backend, harness, reopen }: Scene): void {
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
