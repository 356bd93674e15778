import { PeerFailure } from './peer-failure.js';

/** What `getaddrinfo` says of a name that leads nowhere, or whose name servers do not answer. */
const NAME_CODES: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA']);

/** A connection that did not come about or broke, told apart by what helps. */
export function connectionFailure(peer: string, cause: unknown): PeerFailure {
  const code = codeOf(cause);
  if (NAME_CODES.has(code)) {
    return new PeerFailure('name-unknown', peer, `its name does not resolve here (${code})`, { cause });
  }
  const distrust = distrustOf(cause);
  if (distrust === null) return new PeerFailure('unreachable', peer, 'the connection failed', { cause });
  return new PeerFailure('certificate-refused', peer, `its certificate is not accepted: ${distrust}`, { cause });
}

/**
 * Why a certificate was not accepted; null when it was not about that. Node takes OpenSSL's names of verification errors
 * (X509_verify_cert_error_string(3)) as codes, and has one of its own for a certificate of another name.
 */
export function distrustOf(error: unknown): string | null {
  const code = codeOf(error);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'it is for another name';
  return REASONS.get(code) ?? (/^(CERT|CRL|UNABLE_TO|SELF_SIGNED)_/.test(code) ? code : null);
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['SELF_SIGNED_CERT_IN_CHAIN', 'its authority is not known here'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'it is self-signed'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'its authority is not known here'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its authority is not known here, or the chain is incomplete'],
  ['CERT_HAS_EXPIRED', 'it has expired'],
  ['CERT_NOT_YET_VALID', 'it is not valid yet'],
]);

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
