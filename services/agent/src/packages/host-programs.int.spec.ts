import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findHostPrograms, majorVersions } from './host-programs.js';

describe('the host’s PostgreSQL', () => {
  let root: string;
  beforeEach(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'host-')));
  });
  afterEach(() => rm(root, { recursive: true }));

  /** A folder with programs that say this version. */
  async function install(folder: string, version: string, parts = ['postgres', 'initdb', 'pg_isready']): Promise<void> {
    await mkdir(join(root, folder), { recursive: true });
    for (const part of parts) {
      await writeFile(join(root, folder, part), `#!/bin/sh\necho '${part} (PostgreSQL) ${version}'\n`);
      await chmod(join(root, folder, part), 0o755);
    }
  }
  const find = () => findHostPrograms([join(root, 'postgresql/*/bin'), join(root, 'pgsql-*/bin'), join(root, 'bin')]);

  test('is the newest of those that are whole', async () => {
    await install('postgresql/9.6/bin', '9.6.24');
    await install('postgresql/15/bin', '15.20 (Debian 15.20-0+deb12u1)');
    await install('pgsql-17/bin', '17.2');
    await install('bin', '18beta1', ['postgres', 'initdb']);
    expect(await find()).toEqual({ postgres: { folder: join(root, 'pgsql-17/bin'), version: 17 } });
    expect(majorVersions(await find())).toEqual({ postgres: 17 });
  });

  test('is found behind a link, by the folder it really lies in', async () => {
    await install('postgresql/15/lib', '15.20');
    await symlink(join(root, 'postgresql/15/lib'), join(root, 'bin'));
    expect(await find()).toEqual({ postgres: { folder: join(root, 'postgresql/15/lib'), version: 15 } });
  });

  test('is not there when it is too old, broken or missing', async () => {
    expect(await find()).toEqual({});
    expect(majorVersions(await find())).toEqual({});
    await install('postgresql/12/bin', '12.22');
    await install('bin', 'unreadable');
    expect(await find()).toEqual({});
  });
});
