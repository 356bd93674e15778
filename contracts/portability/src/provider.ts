import { z } from 'zod';

/*
 * Who a provider is to others: an origin, the keys it signs with, and the recipient that secrets are enciphered to. The
 * origin is the provider's id for ever; keys may be replaced, and a description may list several.
 */

/** `https://cloud.example` (RFC 6454): scheme, host and port, nothing else; lower case, default port left out. */
export const ProviderOrigin = z
  .string()
  .max(300)
  .refine((text) => isOrigin(text), 'an origin such as https://cloud.example, without a path');
export type ProviderOrigin = z.infer<typeof ProviderOrigin>;

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { origin, protocol } = new URL(text);
  return origin === text && (protocol === 'https:' || protocol === 'http:');
}

/** RFC 7638 thumbprint, SHA-256, base64url: 43 characters. */
export const KeyId = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'the RFC 7638 thumbprint of a key');
export type KeyId = z.infer<typeof KeyId>;

/** A public Ed25519 key (RFC 8037). `kid` is its own thumbprint; who reads one checks that. Other members are dropped. */
export const Jwk = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().regex(/^[A-Za-z0-9_-]{43}$/, '32 bytes in base64url'),
  kid: KeyId,
});
export type Jwk = z.infer<typeof Jwk>;

/** Protocols between providers; ours speaks the first. */
export const MOVING_PROTOCOL = 'moving-v1';
