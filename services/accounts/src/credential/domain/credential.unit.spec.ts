import { specificationOf } from '@freehold/decider';
import type { CredentialEvent } from '@freehold/accounts-contract';
import { describe, expect, it } from '@jest/globals';
import { credentialDecider, isOpen } from './credential.js';

const spec = specificationOf(credentialDecider);
const NOW = '2026-11-21T12:00:00Z';
const LATER = '2026-11-22T12:00:00Z';
const asked = { role: 'reader', hash: 'h', label: null, host: null } as const;
const issued = (expiresAt: string | null): CredentialEvent => ({
  type: 'accounts.credential-issued.v1',
  data: { ...asked, expiresAt },
});
const revoked: CredentialEvent = { type: 'accounts.credential-revoked.v1', data: {} };

describe('a credential', () => {
  it('is issued once, with an end in the future or none', () => {
    spec
      .given()
      .when({ type: 'issue', ...asked, expiresAt: null, now: NOW })
      .then(issued(null));
    spec
      .given()
      .when({ type: 'issue', ...asked, expiresAt: LATER, now: NOW })
      .then(issued(LATER));
    spec
      .given(issued(null))
      .when({ type: 'issue', ...asked, expiresAt: null, now: NOW })
      .thenNothing();
    spec
      .given()
      .when({ type: 'issue', ...asked, expiresAt: NOW, now: NOW })
      .thenRefused('expiry-in-the-past');
  });

  it('is revoked once, for good', () => {
    spec.given(issued(null)).when({ type: 'revoke' }).then(revoked);
    spec.given(issued(null), revoked).when({ type: 'revoke' }).thenNothing();
    spec
      .given(issued(null), revoked)
      .when({ type: 'issue', ...asked, expiresAt: null, now: NOW })
      .thenNothing();
    spec.given().when({ type: 'revoke' }).thenRefused('key-unknown');
  });

  it('opens the door only between its issue and its end', () => {
    expect(isOpen(spec.given().state(), NOW)).toBe(false);
    expect(isOpen(spec.given(issued(null)).state(), NOW)).toBe(true);
    expect(isOpen(spec.given(issued(LATER)).state(), NOW)).toBe(true);
    expect(isOpen(spec.given(issued(LATER)).state(), LATER)).toBe(false);
    expect(isOpen(spec.given(issued(null), revoked).state(), NOW)).toBe(false);
  });
});
