import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ProviderDescription } from '@freehold/portability-contract';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { knownKey, successorsOf } from './key-chain.js';
import { createProviderKey, type ProviderKey, providerKeyOf, readProviderKey } from './provider-key.js';
import { describedKeys, type ProviderKeys, providerKeysFrom, signingKey } from './provider-key-file.js';
import { addProviderKey, tidyProviderKeys } from './provider-key-rotation.js';
import { openStatement, signStatement } from './statement.js';

const provider = 'https://cloud.example';
const T = Date.now() + 3_600_000;
const UNTIL = T + 60_000;
const newKey = (): ProviderKey => providerKeyOf(generateKeyPairSync('ed25519').privateKey);

let folder: string;
let file: string;
let first: ProviderKey;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freehold-provider-key-'));
  file = join(folder, 'provider.pem');
  first = await createProviderKey(file);
});
afterEach(() => rm(folder, { recursive: true }));

const keysNow = async (): Promise<ProviderKeys> => providerKeysFrom(file, await readFile(file, 'utf8'));
const change = (from = T) => addProviderKey(file, { provider, from: new Date(from), until: new Date(from + 60_000) });
const descriptionAt = (keys: ProviderKeys, nowMs: number) => ({ provider, ...describedKeys(keys, nowMs) });
const kidsAt = (keys: ProviderKeys, nowMs: number) => {
  const { keys: accepted, retiredKeys = [] } = describedKeys(keys, nowMs);
  return { accepted: accepted.map(({ kid }) => kid), retired: retiredKeys.map(({ kid }) => kid) };
};

describe('a provider’s key that is changed', () => {
  it('is announced, then signs, while the old one is accepted, and then checked only', async () => {
    await change();
    const keys = await keysNow();
    const [old, next] = keys.own.map(({ jwk }) => jwk.kid);
    expect(old).toBe(first.jwk.kid);
    expect(kidsAt(keys, T - 1)).toEqual({ accepted: [old, next], retired: [] });
    expect(kidsAt(keys, T)).toEqual({ accepted: [next, old], retired: [] });
    expect(kidsAt(keys, UNTIL)).toEqual({ accepted: [next], retired: [old] });
    expect([T - 1, T].map((at) => signingKey(keys, at).jwk.kid)).toEqual([old, next]);
    expect(describedKeys(keys, UNTIL).retiredKeys).toMatchObject([{ retired: new Date(T).toISOString() }]);
  });

  it('leaves no old private key once it signs, and none is lost before', async () => {
    await change();
    expect((await tidyProviderKeys(file, T - 1)).own).toHaveLength(2);
    const { own } = await tidyProviderKeys(file, T);
    expect(own.map(({ jwk }) => jwk.kid)).not.toContain(first.jwk.kid);
    expect((await readFile(file, 'utf8')).split('PRIVATE KEY').length).toBe(3);
    expect((await readProviderKey(file)).jwk).toEqual(own[0].jwk);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(kidsAt(await keysNow(), UNTIL).retired).toEqual([first.jwk.kid]);
  });

  it('keeps what was signed checkable, and is known by whoever knows one before it', async () => {
    const expires = new Date(T).toISOString();
    const of = {
      source: provider,
      departure: randomUUID(),
      move: 'a.b',
      deployments: [randomUUID()],
      to: null,
      expires,
    };
    const grant = signStatement('grant', of, first);
    await change(Date.now() - 120_000);
    const second = (await tidyProviderKeys(file)).own[0];
    await change(Date.now() - 61_000);
    const { own, ...keys } = await tidyProviderKeys(file);
    const description = descriptionAt({ own, ...keys }, Date.now());
    const key = knownKey(description, grant.kid);
    expect(key === null ? null : openStatement('grant', grant, key)).toEqual(of);
    const all = [first, second, own[0]].map(({ jwk }) => jwk.kid);
    expect([...successorsOf(description, first.jwk.kid)]).toEqual(all);
    expect([...successorsOf(description, second.jwk.kid)]).toEqual(all.slice(1));
    expect([...successorsOf(description, own[0].jwk.kid)]).toEqual(all.slice(2));
  });

  it('is not to be had by who controls the name and no key', async () => {
    const thief = newKey();
    const at = new Date().toISOString();
    const own = signStatement('succession', { provider, key: thief.jwk, at }, thief);
    const elsewhere = signStatement('succession', { provider: 'https://other.example', key: thief.jwk, at }, first);
    await change();
    const [real] = describedKeys(await keysNow(), T).successions ?? [];
    const altered = { ...real, payload: { provider, key: thief.jwk, at } };
    const otherKind = { ...signStatement('handover', handover(thief), first), kind: 'succession' };
    const successions = [own, { ...own, kid: first.jwk.kid }, elsewhere, altered, otherKind];
    const lies: ProviderDescription['keys'][] = [[thief.jwk], [thief.jwk, first.jwk]];
    for (const keys of lies) {
      const description = { provider, keys, successions: successions as ProviderDescription['successions'] };
      expect([...successorsOf(description, first.jwk.kid)]).toEqual([first.jwk.kid]);
    }
  });

  it('is refused when the file is damaged, and when there would be more than a description can tell of', async () => {
    await change();
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('# keys: [', '# keys: {'));
    await expect(tidyProviderKeys(file)).rejects.toThrow();
    const records = Array.from({ length: 51 }, () => ({ jwk: newKey().jwk }));
    await writeFile(file, text.replace(/# keys: .*/, `# keys: ${JSON.stringify(records)}`));
    await expect(change()).rejects.toMatchObject({ hint: 'Keep the key that signs now.' });
  });
});

const handover = (to: ProviderKey) => ({
  ...{ source: provider, departure: randomUUID(), deployment: randomUUID(), lineage: randomUUID(), epoch: 2 },
  ...{ to: { provider, kid: to.jwk.kid }, position: '1:1' as const, at: new Date().toISOString() },
});
