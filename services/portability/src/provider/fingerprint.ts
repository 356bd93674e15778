/** A key's id is its RFC 7638 thumbprint; for people the same digest in groups of four hexadecimal digits. */
export const fingerprintOfKid = (kid: string): string =>
  (Buffer.from(kid, 'base64url').toString('hex').match(/.{4}/g) ?? []).join(' ');
