import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { literalAddressOf, refusalOf } from './address-policy.js';

const https = { protocol: 'https:', port: 443 };

describe('the address policy', () => {
  it.each([
    ['unspecified', '0.0.0.0'],
    ['unspecified', '0.1.2.3'],
    ['unspecified', '::'],
    ['private', '10.0.0.1'],
    ['private', '172.16.0.1'],
    ['private', '192.168.1.1'],
    ['carrierGradeNat', '100.64.0.1'],
    ['linkLocal', '169.254.169.254'],
    ['linkLocal', 'fe80::1'],
    ['multicast', '224.0.0.1'],
    ['multicast', 'ff02::1'],
    ['broadcast', '255.255.255.255'],
    ['reserved', '240.0.0.1'],
    ['reserved', '192.0.2.1'],
    ['reserved', '198.18.0.1'],
    ['reserved', '2001:db8::1'],
    ['uniqueLocal', 'fc00::1'],
    ['ipv4Mapped', '::ffff:8.8.8.8'],
    ['ipv4Mapped', '::ffff:127.0.0.1'],
    ['rfc6052', '64:ff9b::7f00:1'],
    ['6to4', '2002:7f00:1::'],
    ['teredo', '2001:0:1::1'],
    ['reserved', '::7f00:1'],
    ['reserved', '4000::1'],
    ['no address', 'fe80::1%lo'],
    ['no address', '127.1'],
    ['no address', ''],
  ])('refuses %s %s to everybody', (range, address) => {
    for (const policy of ['public', 'embedded'] as const) {
      expect(refusalOf(address, https, policy)).toContain(`(${range})`);
    }
  });

  it('permits loopback at any port to an embedded installation only', () => {
    for (const address of ['127.0.0.1', '127.9.9.9', '::1']) {
      expect(refusalOf(address, { protocol: 'http:', port: 1 }, 'embedded')).toBeNull();
      expect(refusalOf(address, https, 'public')).toContain('(loopback)');
    }
  });

  it('permits public addresses over https at known ports', () => {
    for (const address of ['8.8.8.8', '2a01:4f8::1']) {
      for (const policy of ['public', 'embedded'] as const) {
        expect(refusalOf(address, https, policy)).toBeNull();
        expect(refusalOf(address, { protocol: 'http:', port: 443 }, policy)).toContain('https');
        expect(refusalOf(address, { protocol: 'https:', port: 25 }, policy)).toContain('port 25');
      }
    }
  });

  it('permits nothing private, however it is written in a URL', () => {
    for (const host of [
      '2130706433',
      '0x7f.1',
      '017700000001',
      '127.1',
      '[::ffff:7f00:1]',
      '[::1]',
      '0',
      '①②⑦.0.0.1',
    ]) {
      const literal = literalAddressOf(new URL(`http://${host}/`));
      expect({ host, refused: refusalOf(literal ?? 'none', https, 'public') !== null, literal }).toMatchObject({
        refused: true,
        literal: expect.any(String),
      });
    }
  });

  it('permits no address that is written into IPv6', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(refusalOf(`::ffff:${address}`, https, 'embedded')).not.toBeNull();
        expect(refusalOf(`::${address}`, https, 'embedded') === null).toBe(address === '0.0.0.1');
      }),
    );
  });
});
