import { expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { environmentSpec, present, type Scene, unitSpec } from './backend-harness.conformance.js';

export function environments({ backend, harness, reopen }: Scene): void {
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
