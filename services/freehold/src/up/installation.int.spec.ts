import { Claims } from '@freehold/agent';
import { freePort } from '@freehold/supervisor';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureInstallation } from './installation.js';

describe('installations of one machine', () => {
  let folder: string;
  let routerPort: number;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'freehold-installations-'));
    routerPort = await freePort('127.0.0.2');
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const home = (name: string) => join(folder, name);
  const made = (name: string) =>
    ensureInstallation(home(name), { routerPort, claims: new Claims(join(folder, 'claims')) });

  it('have an address each, also when they are made in the same moment', async () => {
    const names = ['one', 'two', 'three', 'four'];
    const all = await Promise.all(
      names.map(async (name, n) => {
        for (let look = 0; look < n; look += 1) await readdir(folder);
        return made(name);
      }),
    );
    const addresses = all.map(({ address }) => address);
    expect(new Set(addresses).size).toBe(names.length);
    expect((await Promise.all(names.map(made))).map(({ address }) => address)).toEqual(addresses);
  });

  it('that were there before anybody claimed keep theirs', async () => {
    const { address } = await made('old');
    rmSync(join(folder, 'claims'), { recursive: true });
    expect((await made('old')).address).toBe(address);
    expect((await made('new')).address).not.toBe(address);
  });
});
