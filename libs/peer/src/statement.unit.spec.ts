import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { grantTextOf, readGrantText } from './grant-text.js';
import { providerKeyOf } from './provider-key.js';
import { openStatement, type PayloadOf, signStatement } from './statement.js';

const newKey = () => providerKeyOf(generateKeyPairSync('ed25519').privateKey);
const key = newKey();
const grant: PayloadOf<'grant'> = {
  source: 'https://source.example',
  departure: randomUUID(),
  move: 'a.b',
  deployments: [randomUUID()],
  to: { provider: 'https://target.example', kid: newKey().jwk.kid },
  expires: '2026-12-01T00:00:00Z',
};
const reopened: PayloadOf<'reopened'> = {
  source: 'https://source.example',
  departure: randomUUID(),
  deployment: randomUUID(),
  lineage: randomUUID(),
  epoch: 1,
  position: '1:7',
  at: '2026-12-01T00:00:00Z',
};
const codes = (opened: object) => (Array.isArray(opened) ? opened.map(({ code }: { code: string }) => code) : []);

describe('a signed statement', () => {
  it('opens with the key that signed it, after any journey through JSON', () => {
    const signed = signStatement('grant', grant, key);
    expect(openStatement('grant', JSON.parse(JSON.stringify(signed)), key.jwk)).toEqual(grant);
    expect(openStatement('grant', { ...signed, payload: reversed(grant) }, key.jwk)).toEqual(grant);
  });

  it('opens with no other key, as no other kind, and not with another word in it', () => {
    const signed = signStatement('reopened', reopened, key);
    expect(codes(openStatement('reopened', signed, newKey().jwk))).toEqual(['statement-signature-wrong']);
    expect(codes(openStatement('handover', signed, key.jwk))).toContain('statement-kind-wrong');
    expect(codes(openStatement('handover', { ...signed, kind: 'handover' }, key.jwk))).toContain(
      'statement-signature-wrong',
    );
    const altered = { ...signed, payload: { ...reopened, epoch: 2 } };
    expect(codes(openStatement('reopened', altered, key.jwk))).toEqual(['statement-signature-wrong']);
    const more = { ...signed, payload: { ...reopened, more: 1 } };
    expect(codes(openStatement('reopened', more, key.jwk))).toEqual(['statement-signature-wrong']);
    const otherKid = { ...signed, kid: newKey().jwk.kid };
    expect(codes(openStatement('reopened', otherKid, key.jwk))).toEqual(['statement-signature-wrong']);
  });

  it('is never made of what could not be opened', () => {
    expect(() => signStatement('grant', { ...grant, source: 'https://source.example/path' }, key)).toThrow('origin');
    expect(() => signStatement('grant', { ...grant, deployments: [] }, key)).toThrow();
  });

  it('is refused and never an exception, whatever is handed in', () => {
    const signed = signStatement('grant', grant, key);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.jsonValue().map((payload) => ({ ...signed, payload })),
        ),
        (handed) => {
          expect(codes(openStatement('grant', handed, key.jwk)).length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 200 },
    );
    const surrogate = { ...signed, payload: { ...grant, source: '\uD800' } };
    expect(codes(openStatement('grant', surrogate, key.jwk))).toContain('statement-signature-wrong');
  });
});

describe('the text of a grant', () => {
  const signed = signStatement('grant', { ...grant, to: null }, key);
  const text = grantTextOf(signed);

  it('is one line and reads back, also when a mail program broke it', () => {
    expect(text).toMatch(/^fhmove_[A-Za-z0-9_-]+$/);
    expect(readGrantText(text)).toEqual(signed);
    expect(readGrantText(`  ${text.slice(0, 70)}\n${text.slice(70)}\n`)).toEqual(signed);
  });

  it('is refused when it is something else or a part of one', () => {
    for (const wrong of [
      '',
      'fhmove_',
      'fhmove_!',
      text.slice(7),
      text.slice(0, -9),
      `fhmove_${'A'.repeat(200_000)}`,
    ]) {
      expect(codes(readGrantText(wrong))).toContain('grant-unreadable');
    }
    expect(
      codes(readGrantText(`fhmove_${Buffer.from('{"kind":"grant"}').toString('base64url')}`)).length,
    ).toBeGreaterThan(1);
  });
});

const reversed = (value: object) => Object.fromEntries(Object.entries(value).toReversed());
