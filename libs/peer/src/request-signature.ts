import type { Jwk } from '@freehold/portability-contract';
import { httpbis } from 'http-message-signatures';
import { contentDigestOf } from './content-digest.js';
import type { ProviderKey } from './provider-key.js';

/** Says what the signature is for, so that one for another purpose is worth nothing here (RFC 9421 section 7.2.7). */
export const SIGNATURE_TAG = 'freehold-moving-v1';
/** Always signed; the digest also of an empty body. */
export const ALWAYS_COVERED = ['@method', '@target-uri', 'content-digest'] as const;
/** Signed when they are there: what changes what a request does. */
export const COVERED_IF_SENT = ['idempotency-key', 'if-match'] as const;

/** For `Accept-Signature` (RFC 9421 section 5.1): what a stranger has to send. */
export const ACCEPTED_SIGNATURE = `freehold=("@method" "@target-uri" "content-digest" "idempotency-key");created;keyid;nonce;tag="${SIGNATURE_TAG}"`;

export interface UnsignedRequest {
  method: string;
  /** As it is sent: scheme, authority, path and query. */
  url: string;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
  key: ProviderKey;
  /** Whose key it is: the provider's origin. */
  provider: string;
  /** What the other side gave out, or a random one for what needs none. */
  nonce?: string | null;
}

/**
 * The headers with `Content-Digest`, `Signature-Input` and `Signature` (RFC 9421, ed25519): over method, target URI, digest,
 * and of `idempotency-key` and `if-match` those that are there. `keyid` is `<origin>#<thumbprint>`.
 */
export async function signRequest(request: UnsignedRequest): Promise<Record<string, string>> {
  const { method, url, body, key, provider, nonce } = request;
  const headers = { ...lowerCased(request.headers), 'content-digest': contentDigestOf(body) };
  const sent = COVERED_IF_SENT.filter((name) => Object.hasOwn(headers, name));
  const signed = await httpbis.signMessage(
    {
      key: { sign: (base) => Promise.resolve(Buffer.from(key.sign(base))) },
      name: 'freehold',
      fields: [...ALWAYS_COVERED, ...sent],
      params: ['created', 'keyid', ...(nonce === undefined || nonce === null ? [] : ['nonce']), 'tag'],
      paramValues: {
        keyid: keyIdOf(provider, key.jwk),
        tag: SIGNATURE_TAG,
        ...(nonce === undefined || nonce === null ? {} : { nonce }),
      },
    },
    { method, url, headers },
  );
  return lowerCased(signed.headers);
}

export const keyIdOf = (provider: string, { kid }: Pick<Jwk, 'kid'>): string => `${provider}#${kid}`;

export const lowerCased = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
