import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { multikeyOf } from './domain/multikey.js';
import { multikeyFingerprint, pemFingerprint } from './key-fingerprint.js';

describe('a Multikey', () => {
  test('of the specification’s example has its codec and octets', () => {
    // W3C Controlled Identifiers 1.0, 2.2.2, an Ed25519 key.
    const multikey = multikeyOf('z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cxu');
    expect(multikey?.codec).toBe(0xed);
    expect(multikey?.octets).toHaveLength(32);
  });

  test('leading ones are zeros', () => {
    expect(multikeyOf('z1112')).toEqual({ codec: 0, octets: Uint8Array.from([0, 0, 1]) });
  });

  test.each(['', 'z', 'z0', 'm6Mk', 'z1', 'zl', 'zz'])('%j is none', (text) => {
    expect(multikeyOf(text)).toBeNull();
  });

  test('of any text is read or refused', () => {
    fc.assert(
      fc.property(
        fc.string().map((text) => `z${text}`),
        (text) => {
          const multikey = multikeyOf(text);
          expect(multikey === null || multikey.octets.length > 0).toBe(true);
        },
      ),
    );
  });

  test('of a kind that we cannot read still has a fingerprint, and one of wrong size has none', () => {
    // The compressed point of a P-256 key, of the same specification.
    expect(multikeyFingerprint('zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv')).toEqual({
      algorithm: 'multicodec-0x1200',
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    // An Ed25519 key of three octets.
    expect(multikeyOf('zTjsU3jY')).toEqual({ codec: 0xed, octets: Uint8Array.from([1, 2, 3]) });
    expect(() => multikeyFingerprint('zTjsU3jY')).toThrow();
  });
});

describe('a key in PEM', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const der = publicKey.export({ format: 'der', type: 'spki' });

  test('has the fingerprint of its SPKI, however it is written', () => {
    const expected = { algorithm: 'rsa', fingerprint: createHash('sha256').update(der).digest('hex') };
    const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
    expect(pemFingerprint(pem)).toEqual(expected);
    expect(pemFingerprint(`\r\n${pem.replaceAll('\n', '\r\n')}`)).toEqual(expected);
    expect(pemFingerprint(publicKey.export({ format: 'pem', type: 'pkcs1' }).toString())).toEqual(expected);
    expect(createPublicKey(pem).equals(publicKey)).toBe(true);
  });

  test('is one public key and nothing else', () => {
    const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
    const secret = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    for (const wrong of ['', 'x', secret, pem + pem, pem.slice(0, -40), pem.replace('MII', 'AAA')]) {
      expect(() => pemFingerprint(wrong)).toThrow();
    }
  });
});
