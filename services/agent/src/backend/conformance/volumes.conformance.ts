import { expect, test } from '@jest/globals';
import { environmentSpec, present, type Scene } from './backend-harness.conformance.js';

export function volumes({ backend }: Scene): void {
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
