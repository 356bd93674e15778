import { describe, expect, it } from '@jest/globals';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { SignJWT } from 'jose';
import { createSignerKey } from './key-files.js';
import { signPrincipal, verifyPrincipal } from './principal-token.js';
import { openTransferToken, signTransferToken, type TransferScope } from './transfer-token.js';

const id = (digit: number): string => `${String(digit).repeat(8)}-0000-4000-8000-000000000000`;
const pairOf = () => {
  const { privatePem, publicPem } = createSignerKey();
  return { privateKey: createPrivateKey(privatePem), publicKey: createPublicKey(publicPem) };
};
const ours = pairOf();
const gateway = pairOf();
const keys = new Map([
  ['portability', [ours.publicKey]],
  ['gateway', [gateway.publicKey]],
]);
const scope: TransferScope = { move: id(1), environment: id(2), deployment: id(3), kind: 'sealed' };
const inAnHour = () => new Date(Date.now() + 3_600_000);

describe('a transfer token', () => {
  it('says what may be fetched', async () => {
    const token = await signTransferToken(ours.privateKey, { ...scope, expires: inAnHour() });
    expect(await openTransferToken(keys, token)).toEqual(scope);
  });

  it('is worth nothing expired, altered, of another key, or without an end', async () => {
    const token = await signTransferToken(ours.privateKey, { ...scope, expires: inAnHour() });
    const [head, , signature] = token.split('.');
    const payload = Buffer.from(JSON.stringify({ transfer: { ...scope, move: id(9) }, exp: 9e9 })).toString(
      'base64url',
    );
    const header = { alg: 'EdDSA', kid: 'portability', typ: 'freehold-transfer+jwt' };
    const wrong = [
      await signTransferToken(ours.privateKey, { ...scope, expires: new Date(Date.now() - 1_000) }),
      `${head}.${payload}.${signature}`,
      await signTransferToken(gateway.privateKey, { ...scope, expires: inAnHour() }),
      await new SignJWT({ transfer: scope }).setProtectedHeader(header).sign(ours.privateKey),
      'x',
      '',
    ];
    for (const token of wrong) expect(await openTransferToken(keys, token)).toBeNull();
  });

  it('is no principal, and no principal is one', async () => {
    const token = await signTransferToken(ours.privateKey, { ...scope, expires: inAnHour() });
    expect(await verifyPrincipal(keys, token)).toBeNull();
    const process = { actor: { kind: 'process', id: 'p' }, role: 'process', operator: '_' } as const;
    expect(await openTransferToken(keys, await signPrincipal(ours.privateKey, 'portability', process))).toBeNull();
  });
});
