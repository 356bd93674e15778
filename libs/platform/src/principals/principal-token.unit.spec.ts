import { describe, expect, it } from '@jest/globals';
import type { Principal } from '@freehold/kernel';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { SignJWT } from 'jose';
import { createSignerKey } from './key-files.js';
import { signPrincipal, verifyPrincipal } from './principal-token.js';

const { privatePem, publicPem } = createSignerKey();
const privateKey = createPrivateKey(privatePem);
const keys = new Map(['gateway', 'system', 'deployment'].map((signer) => [signer, [createPublicKey(publicPem)]]));
const staff: Principal = { actor: { kind: 'credential', id: 'c' }, role: 'staff-admin', operator: '_' };

describe('a signed principal', () => {
  it('comes back as it was', async () => {
    expect(await verifyPrincipal(keys, await signPrincipal(privateKey, 'gateway', staff))).toEqual(staff);
  });

  it('is worth nothing when it has expired', async () => {
    expect(await verifyPrincipal(keys, await signPrincipal(privateKey, 'gateway', staff, { ttlS: -10 }))).toBeNull();
  });

  it('is worth nothing when it is altered, unsigned, of an unknown signer, or without an end', async () => {
    const token = await signPrincipal(privateKey, 'gateway', staff);
    const [head, , signature] = token.split('.');
    const payload = Buffer.from(JSON.stringify({ principal: { ...staff, operator: 'x' }, exp: 9e9 })).toString(
      'base64url',
    );
    const none = Buffer.from(JSON.stringify({ alg: 'none', kid: 'gateway' })).toString('base64url');
    const endless = await new SignJWT({ principal: staff })
      .setProtectedHeader({ alg: 'EdDSA', kid: 'gateway' })
      .sign(privateKey);
    const stranger = await signPrincipal(privateKey, 'accounts', staff);
    for (const wrong of [`${head}.${payload}.${signature}`, `${none}.${payload}.`, 'x', '', stranger, endless]) {
      expect(await verifyPrincipal(keys, wrong)).toBeNull();
    }
  });

  it('of another provider comes from the gateway only, belongs to no operator, and is nothing else', async () => {
    const peer: Principal = {
      actor: { kind: 'peer', id: 'https://target.example' },
      role: 'peer',
      operator: '_',
      nonce: 'n-1',
    };
    expect(await verifyPrincipal(keys, await signPrincipal(privateKey, 'gateway', peer))).toEqual(peer);
    const more: [string, Principal][] = [
      ['system', peer],
      ['deployment', peer],
      ['gateway', { ...peer, role: 'owner' }],
      ['gateway', { ...peer, operator: '00000000-0000-4000-8000-000000000000' }],
      ['gateway', { ...peer, host: 'h1' }],
      ['gateway', { ...staff, role: 'peer' }],
    ];
    for (const [signer, wrong] of more) {
      expect(await verifyPrincipal(keys, await signPrincipal(privateKey, signer, wrong))).toBeNull();
    }
  });

  it('of the installation itself says nothing but system', async () => {
    const system: Principal = { actor: { kind: 'system', id: 'up' }, role: 'system', operator: '_' };
    expect(await verifyPrincipal(keys, await signPrincipal(privateKey, 'system', system))).toEqual(system);
    expect(await verifyPrincipal(keys, await signPrincipal(privateKey, 'system', staff))).toBeNull();
    expect(await verifyPrincipal(keys, await signPrincipal(privateKey, 'gateway', system))).toBeNull();
  });
});
