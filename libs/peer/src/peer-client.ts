import type { ProviderDescription } from '@freehold/portability-contract';
import { type AddressPolicy } from './address-policy.js';
import { exchange } from './exchange.js';
import { jsonOf } from './fetch-json.js';
import type { Resolve } from './guarded-lookup.js';
import { PeerFailure } from './peer-failure.js';
import type { ProviderKey } from './provider-key.js';
import { signRequest } from './request-signature.js';

export interface PeerClientOptions {
  /** Our own origin and key. */
  provider: string;
  key: ProviderKey;
  /** Of whom is asked. */
  description: Pick<ProviderDescription, 'provider'>;
  policy: AddressPolicy;
  /** Of one call; default 30,000. */
  timeoutMs?: number;
  /** Of an answer; default 4 MiB. */
  limitBytes?: number;
  resolve?: Resolve;
}

export interface PeerCall {
  /** Required of changes: the same key has one effect. */
  idempotencyKey?: string;
  nonce?: string | null;
  signal?: AbortSignal;
}

export interface PeerAnswer {
  status: number;
  /** JSON; null for an empty one. Not yet checked by any schema. */
  body: unknown;
}

export interface PeerClient {
  call(method: string, path: string, body: unknown, call?: PeerCall): Promise<PeerAnswer>;
}

/**
 * Asks one other provider in our name, each request signed. An answer of any status comes back, its body bounded; a problem
 * is the caller's to judge. @throws PeerFailure when there is no answer, or one that no provider gives
 */
export function peerClient(options: PeerClientOptions): PeerClient {
  const { provider, key, description, policy, timeoutMs = 30_000, limitBytes = 4 * 2 ** 20, resolve } = options;
  return {
    async call(method, path, body, { idempotencyKey, nonce = null, signal } = {}) {
      const url = urlOf(description.provider, path);
      const bytes = body === undefined || body === null ? null : Buffer.from(JSON.stringify(body));
      const headers = {
        accept: 'application/json',
        ...(bytes === null ? {} : { 'content-type': 'application/json' }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      };
      const signed = await signRequest({ method, url, headers, body: bytes ?? new Uint8Array(), key, provider, nonce });
      const limits = { policy, timeoutMs, limitBytes, signal, resolve };
      const answer = await exchange({ method, url, headers: signed, body: bytes }, limits);
      return { status: answer.status, body: jsonOf(description.provider, answer) };
    },
  };
}

/** The path at the provider, and nowhere else. */
function urlOf(origin: string, path: string): string {
  const url = path.startsWith('/') && URL.canParse(path, origin) ? new URL(path, origin) : null;
  if (url === null || url.origin !== origin || url.hash !== '') {
    throw new PeerFailure('refused-address', origin, 'this is no path at this provider');
  }
  return url.href;
}
