import { describe, expect, it } from '@jest/globals';
import { httpbis } from 'http-message-signatures';
import { createPrivateKey } from 'node:crypto';
import { canonicalJson } from './canonical-json.js';
import { contentDigestOf, isDigestOf } from './content-digest.js';
import { fingerprintOfKid, isSignedBy, providerKeyOf, thumbprintOf } from './provider-key.js';

/** RFC 9421, appendix B.1.4. */
const TEST_KEY = {
  kty: 'OKP',
  crv: 'Ed25519',
  d: 'n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU',
  x: 'JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs',
};
/** RFC 9421, appendix B.2: test-request. */
const REQUEST = {
  method: 'POST',
  url: 'https://example.com/foo?param=Value&Pet=dog',
  headers: {
    host: 'example.com',
    date: 'Tue, 20 Apr 2021 02:07:55 GMT',
    'content-type': 'application/json',
    'content-length': '18',
  },
};
/** RFC 9421, appendix B.2.6. */
const INPUT =
  'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"';
const SIGNATURE = 'sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:';

const key = providerKeyOf(createPrivateKey({ key: TEST_KEY, format: 'jwk' }));

describe('RFC 9421, B.2.6', () => {
  const verified = (signature: string) =>
    httpbis.verifyMessage(
      {
        keyLookup: () =>
          Promise.resolve({ verify: (base, bytes) => Promise.resolve(isSignedBy(key.jwk, base, bytes)) }),
      },
      { ...REQUEST, headers: { ...REQUEST.headers, 'signature-input': INPUT, signature } },
    );

  it('is verified, and not when a byte of it differs', async () => {
    expect(await verified(SIGNATURE)).toBe(true);
    expect(await verified(SIGNATURE.replace('wqcA', 'wqcB'))).toBe(false);
  });

  it('comes out to the byte when it is signed again', async () => {
    const signed = await httpbis.signMessage(
      {
        key: { sign: (base) => Promise.resolve(Buffer.from(key.sign(base))) },
        name: 'sig-b26',
        fields: ['date', '@method', '@path', '@authority', 'content-type', 'content-length'],
        params: ['created', 'keyid'],
        paramValues: { created: new Date(1_618_884_473_000), keyid: 'test-key-ed25519' },
      },
      REQUEST,
    );
    expect(signed.headers).toMatchObject({ Signature: SIGNATURE, 'Signature-Input': INPUT });
  });
});

describe('RFC 8037, A.3', () => {
  it('gives the thumbprint of the key', () => {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' } as const;
    expect(thumbprintOf(jwk)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
    expect(fingerprintOfKid(thumbprintOf(jwk))).toMatch(/^(?:[0-9a-f]{4} ){15}[0-9a-f]{4}$/);
  });
});

describe('RFC 9530, B.1', () => {
  const body = Buffer.from('{"hello": "world"}\n');
  it('gives the digest', () => {
    expect(contentDigestOf(body)).toBe('sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:');
  });

  it('reads it among others, and takes none for all or two for one', () => {
    const right = contentDigestOf(body);
    expect(isDigestOf(`sha-512=:AAAA:, ${right}`, body)).toBe(true);
    for (const wrong of ['', 'sha-512=:AAAA:', `${right}, ${right}`, `x${right}`, contentDigestOf(Buffer.from('x'))]) {
      expect(isDigestOf(wrong, body)).toBe(false);
    }
  });
});

describe('RFC 8785', () => {
  it('writes numbers and strings as in section 3.2.2', () => {
    const value: unknown = JSON.parse(
      String.raw`{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}`,
    );
    expect(canonicalJson(value)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it('sorts members as in section 3.2.3', () => {
    const sorted = ['\r', '1', '\u0080', '\u00F6', '\u20AC', '\u{1F600}', '\uFB33'];
    const members = Object.fromEntries(sorted.toReversed().map((name) => [name, 0]));
    expect(canonicalJson(members)).toBe(`{${sorted.map((name) => `${JSON.stringify(name)}:0`).join(',')}}`);
  });

  it('has no form for what JSON does not have', () => {
    for (const wrong of [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      '\uD800',
      { '\uDC00': 1 },
      undefined,
      { a: undefined },
    ]) {
      expect(() => canonicalJson(wrong)).toThrow(TypeError);
    }
  });
});
