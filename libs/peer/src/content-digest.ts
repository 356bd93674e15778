import { createHash } from 'node:crypto';

const MEMBER = /(?:^|,)[ \t]*sha-256=:([A-Za-z0-9+/]{43}=):[ \t]*(?=,|$)/g;

/** `Content-Digest` (RFC 9530) of these bytes, sha-256; of a request without a body: of no bytes. */
export const contentDigestOf = (body: Uint8Array): string =>
  `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;

/** Whether the header has exactly one sha-256 member, and that is the digest of these bytes. Other algorithms are passed over. */
export function isDigestOf(header: string, body: Uint8Array): boolean {
  const found = [...header.matchAll(MEMBER)].map(([, digest]) => `sha-256=:${digest}:`);
  return found.length === 1 && found[0] === contentDigestOf(body);
}
