import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readProviderKey } from '@freehold/peer';
import { readIdentityFile } from '@freehold/vault';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureProviderKeys, providerIdentityFile, providerKeyFile } from './provider-keys.js';

describe('what makes an installation a provider', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'freehold-provider-'));
  });
  afterEach(() => rmSync(home, { recursive: true }));
  const both = async () => [
    (await readProviderKey(providerKeyFile(home))).jwk,
    await readIdentityFile(providerIdentityFile(home)),
  ];

  it('is made once, however often it is started, and read by nobody else', async () => {
    await Promise.all([ensureProviderKeys(home), ensureProviderKeys(home)]);
    const made = await both();
    await ensureProviderKeys(home);
    expect(await both()).toEqual(made);
    expect(made).toMatchObject([{ crv: 'Ed25519' }, { recipient: expect.stringMatching(/^age1/) }]);
    expect(readdirSync(join(home, 'keys')).toSorted()).toEqual(['provider.age', 'provider.pem']);
    for (const file of [providerKeyFile(home), providerIdentityFile(home)]) {
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
  });

  it('is not used when others may read it', async () => {
    await ensureProviderKeys(home);
    chmodSync(providerKeyFile(home), 0o644);
    await expect(ensureProviderKeys(home)).rejects.toMatchObject({ hint: expect.stringContaining('chmod 600') });
  });
});
