import { describe, expect, it } from '@jest/globals';
import { httpbis } from 'http-message-signatures';
import fc from 'fast-check';
import { generateKeyPairSync } from 'node:crypto';
import { contentDigestOf } from './content-digest.js';
import { PeerFailure } from './peer-failure.js';
import { providerKeyOf } from './provider-key.js';
import { keyIdOf, signRequest } from './request-signature.js';
import { type ReceivedRequest, verifyRequest } from './request-verification.js';

const newKey = () => providerKeyOf(generateKeyPairSync('ed25519').privateKey);
const PROVIDER = 'https://target.example';
const key = newKey();
const url = 'https://source.example/v1/peer/tenure?x=1';
const body = Buffer.from('{"request":1}');
const keys: ReceivedRequest['keys'] = (provider, kid) =>
  Promise.resolve(provider === PROVIDER && kid === key.jwk.kid ? key.jwk : null);

const sent = async (more: Partial<Parameters<typeof signRequest>[0]> = {}): Promise<ReceivedRequest> => {
  const request = {
    method: 'POST',
    url,
    body,
    headers: { 'Idempotency-Key': 'k-1' },
    key,
    provider: PROVIDER,
    ...more,
  };
  return { ...request, keys, headers: await signRequest(request) };
};
const refusalOf = async (request: ReceivedRequest): Promise<string[]> => {
  const verified = await verifyRequest(request);
  return 'refused' in verified ? verified.refused.map(({ code }) => code) : [];
};

describe('a signed request', () => {
  it('says who sent it, with which key, and the nonce', async () => {
    const { kid } = key.jwk;
    expect(await verifyRequest(await sent({ nonce: 'n-1' }))).toEqual({ provider: PROVIDER, kid, nonce: 'n-1' });
    expect(await verifyRequest(await sent())).toEqual({ provider: PROVIDER, kid, nonce: null });
  });

  it('has the form of RFC 9421 and tells of no secret', async () => {
    const { headers } = await sent({ nonce: 'n-1' });
    expect(headers['signature-input']).toMatch(
      /^freehold=\("@method" "@target-uri" "content-digest" "idempotency-key"\);created=\d+;keyid="https:\/\/target\.example#[\w-]{43}";nonce="n-1";tag="freehold-moving-v1"$/,
    );
    expect(headers['content-digest']).toBe(contentDigestOf(body));
  });

  it('is worth nothing when a covered part is altered', async () => {
    const request = await sent({ nonce: 'n-1' });
    const altered = (name: string, value: string) => ({ ...request, headers: { ...request.headers, [name]: value } });
    const input = request.headers['signature-input'] ?? '';
    expect(await refusalOf({ ...request, method: 'PUT' })).toEqual(['signature-wrong']);
    expect(await refusalOf({ ...request, method: 'post' })).toEqual(['signature-wrong']);
    expect(await refusalOf({ ...request, url: `${url}2` })).toEqual(['signature-wrong']);
    expect(await refusalOf({ ...request, url: url.replace('source', 'other') })).toEqual(['signature-wrong']);
    expect(await refusalOf({ ...request, body: Buffer.from('{}') })).toEqual(['content-digest-wrong']);
    expect(
      await refusalOf({ ...altered('content-digest', contentDigestOf(Buffer.from('{}'))), body: Buffer.from('{}') }),
    ).toEqual(['signature-wrong']);
    expect(await refusalOf(altered('idempotency-key', 'k-2'))).toEqual(['signature-wrong']);
    expect(await refusalOf(altered('signature-input', input.replace('n-1', 'n-2')))).toEqual(['signature-wrong']);
    expect(await refusalOf(altered('signature-input', input.replace(/created=\d+/, 'created=1')))).toEqual([
      'signature-wrong',
    ]);
  });

  it('must cover what changes what it does', async () => {
    const request = await sent({ headers: {} });
    const added = (name: string) => refusalOf({ ...request, headers: { ...request.headers, [name]: '"1"' } });
    expect(await added('idempotency-key')).toEqual(['signature-incomplete']);
    expect(await added('if-match')).toEqual(['signature-incomplete']);
    expect(await added('prefer')).toEqual([]);
  });

  it('may be made by a clock that is hours apart', async () => {
    for (const [created, expires] of [
      [0.5, 0.6],
      [9e9, 9.1e9],
    ] as const) {
      expect(await refusalOf(await foreign({ created, expires }))).toEqual([]);
    }
  });

  it('is refused without a signature, with one for something else, or with two of ours', async () => {
    const request = await sent();
    const { signature: one = '', 'signature-input': input = '', ...unsigned } = request.headers;
    expect(await refusalOf({ ...request, headers: unsigned })).toEqual(['signature-missing', 'signature-missing']);
    expect(await refusalOf(await foreign({ tag: 'something-else' }))).toEqual(['signature-missing']);
    expect(await refusalOf(await foreign({ alg: 'hmac-sha256' }))).toEqual(['signature-wrong']);
    const twice = {
      signature: `${one}, b${one}`,
      'signature-input': `${input}, b${input}`,
    };
    expect(await refusalOf({ ...request, headers: { ...unsigned, ...twice } })).toEqual(['signature-missing']);
    const besideAnother = {
      signature: `a=:AAAA:, ${one}, z=:AAAA:`,
      'signature-input': `a=("@method");keyid="x", ${input}, z=();tag="other"`,
    };
    expect(await refusalOf({ ...request, headers: { ...unsigned, ...besideAnother } })).toEqual([]);
  });

  it('covers whole components, each once', async () => {
    expect(
      await refusalOf(await foreign({ fields: ['@method', '@target-uri', 'content-digest;key="sha-256"'] })),
    ).toEqual(expect.arrayContaining(['signature-invalid']));
    const fields = ['@method', '@method', '@target-uri', 'content-digest'];
    expect(await refusalOf(await foreign({ fields }))).toEqual(['signature-invalid']);
    expect(await refusalOf(await foreign({ fields: ['@method', 'content-digest'] }))).toEqual(['signature-incomplete']);
    expect(await refusalOf(await foreign({ fields: ['@method', '@target-uri'] }))).toEqual(['signature-incomplete']);
  });

  it('is asked about only with a well-formed key id, and a key must be the one that its id says', async () => {
    const asked: string[] = [];
    const listening: ReceivedRequest['keys'] = (provider) => {
      asked.push(provider);
      return Promise.resolve({ ...newKey().jwk, kid: key.jwk.kid });
    };
    for (const keyid of ['x', `${PROVIDER}/path#${key.jwk.kid}`, `${PROVIDER}#short`, `file:///etc#${key.jwk.kid}`]) {
      expect(await refusalOf({ ...(await foreign({ keyid })), keys: listening })).toContain('signature-invalid');
    }
    expect(asked).toEqual([]);
    expect(await refusalOf({ ...(await sent()), keys: listening })).toEqual(['signature-key-unknown']);
    expect(asked).toEqual([PROVIDER]);
  });

  it('lets a provider that cannot be asked be a failure, not a refusal', async () => {
    const keys = () => Promise.reject(new PeerFailure('unreachable', PROVIDER, 'the connection failed'));
    await expect(verifyRequest({ ...(await sent()), keys })).rejects.toMatchObject({ code: 'unreachable' });
  });
});

describe('whatever is sent', () => {
  it('is verified as it was signed, and refused with any other body', async () => {
    const text = fc.stringMatching(/^[!#-[\]-~]{1,40}$/);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), fc.webUrl({ withQueryParameters: true }), text, async (body, url, nonce) => {
        const request = await sent({ body, url, nonce });
        expect(await verifyRequest(request)).toMatchObject({ nonce });
        expect(await refusalOf({ ...request, body: Buffer.concat([body, Buffer.from('x')]) })).not.toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it('in the signature headers is refused, never an exception', async () => {
    const request = await sent();
    const noise = fc.oneof(fc.string(), fc.mixedCase(fc.constantFrom(...Object.values(request.headers))));
    await fc.assert(
      fc.asyncProperty(noise, noise, async (signature, input) => {
        fc.pre(input !== request.headers['signature-input'] || signature !== request.headers['signature']);
        const headers = { ...request.headers, signature, 'signature-input': input };
        expect(await refusalOf({ ...request, headers })).not.toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

interface Foreign {
  fields?: string[];
  created?: number;
  expires?: number;
  tag?: string;
  keyid?: string;
  alg?: string;
}

/** As another implementation might sign, with the right key. */
async function foreign({ fields, created = 1e9, expires, tag = 'freehold-moving-v1', keyid, alg }: Foreign) {
  const { headers } = await httpbis.signMessage(
    {
      key: { sign: (base) => Promise.resolve(Buffer.from(key.sign(base))) },
      fields: fields ?? ['@method', '@target-uri', 'content-digest'],
      params: ['created', 'expires', 'keyid', 'tag', 'alg'],
      paramValues: {
        created: new Date(created * 1_000 + 1_000),
        expires: new Date((expires ?? 9e9) * 1_000 + 1_000),
        tag,
        keyid: keyid ?? keyIdOf(PROVIDER, key.jwk),
        ...(alg === undefined ? {} : { alg }),
      },
    },
    { method: 'POST', url, headers: { 'content-digest': contentDigestOf(body) } },
  );
  return { method: 'POST', url, body, headers: headers as Record<string, string>, keys };
}
