import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { memoryStore, openVault, type Vault } from '@freehold/vault';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { secretNameOf } from '../domain/setting-patch.js';
import { SettingProtection } from './setting-protection.js';

const app = {
  settingsSchema: {
    type: 'object',
    properties: {
      motto: { type: 'string' },
      contact: { type: 'string', 'x-personal': true },
      token: { type: 'string', writeOnly: true },
    },
  },
};
const owner = {
  operator: '0c7e3f0e-8f1f-4b45-8e0e-3f6f5f0a0001',
  deployment: '6f6f2f3e-5df0-4b8e-9a36-0f5b8c1f0001',
};

describe('settings as they are recorded', () => {
  let folder: string;
  let vault: Vault;
  let protection: SettingProtection;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'freehold-settings-'));
    vault = await openVault({ store: memoryStore(), masterKeyFile: join(folder, 'master.key') });
    protection = new SettingProtection(vault);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('show neither what is personal nor what is secret, and open again', async () => {
    const given = { motto: 'hi', contact: 'ada@example.org', token: 'very secret' };
    const recorded = await protection.protect(app, owner, given);
    expect(recorded['motto']).toBe('hi');
    expect(JSON.stringify(recorded)).not.toMatch(/ada@example|very secret/);
    expect(await protection.open(owner, recorded)).toEqual(given);
  });

  it('name a secret after its value, so that a change is a change and a repeat is none', async () => {
    const of = async (token: string) => secretNameOf((await protection.protect(app, owner, { token }))['token']);
    const first = await of('one');
    expect(await of('one')).toBe(first);
    expect(await of('two')).not.toBe(first);
    expect(await vault.getSecret(owner.deployment, first ?? '')).toBe('one');
  });

  it('say `erased` when the operator’s key is gone', async () => {
    const other = { ...owner, operator: '0c7e3f0e-8f1f-4b45-8e0e-3f6f5f0a0002' };
    const recorded = await protection.protect(app, other, { contact: 'ada@example.org' });
    await vault.eraseKey(other.operator);
    expect(await protection.open(other, recorded)).toEqual({ contact: 'erased' });
  });
});
