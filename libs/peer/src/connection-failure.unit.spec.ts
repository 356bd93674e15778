import { describe, expect, it } from '@jest/globals';
import { connectionFailure, distrustOf } from './connection-failure.js';

const withCode = (code: string): Error => Object.assign(new Error('what Node says'), { code });

describe('a connection that failed', () => {
  it.each([
    ['SELF_SIGNED_CERT_IN_CHAIN', 'authority is not known'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'chain is incomplete'],
    ['CERT_HAS_EXPIRED', 'expired'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'another name'],
    ['CERT_REVOKED', 'CERT_REVOKED'],
  ])('is told by the certificate: %s', (code, said) => {
    const failure = connectionFailure('https://old.example', withCode(code));
    expect(failure).toMatchObject({
      code: 'certificate-refused',
      hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });
    expect(failure.message).toContain(said);
  });

  it.each(['ENOTFOUND', 'EAI_AGAIN'])('is told by the name: %s', (code) => {
    expect(connectionFailure('https://old.example', withCode(code))).toMatchObject({ code: 'name-unknown' });
  });

  it.each(['ECONNREFUSED', 'ECONNRESET', 'ENETUNREACH', 'ERR_SSL_WRONG_VERSION_NUMBER'])(
    'is unreachable: %s',
    (code) => {
      expect(connectionFailure('https://old.example', withCode(code))).toMatchObject({ code: 'unreachable' });
      expect(distrustOf(withCode(code))).toBeNull();
    },
  );
});
