import { CELL } from '@freehold/kernel';
import { ACCEPTED_SIGNATURE, verifyRequest } from '@freehold/peer';
import { failed, type Failed, OperationClient, type Refused } from '@freehold/platform';
import { peerKey } from '@freehold/portability-contract';
import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIGURATION, type GatewayConfiguration } from '../gateway.config.js';
import type { Identified } from './authentication.js';
import { headersOf, type HttpRequest } from './exchange.js';

const KEY_TIMEOUT_MS = 10_000;

/** What a stranger has to send instead of a key (RFC 9421 section 5.1). */
export const PEER_CHALLENGE = { 'WWW-Authenticate': 'Signature', 'Accept-Signature': ACCEPTED_SIGNATURE };

/**
 * Which other provider stands at the door, by the signature over exactly what came (RFC 9421). Its key comes from its own
 * description, which the portability context fetches; a key of ours is no credential here.
 */
@Injectable()
export class PeerAuthentication {
  constructor(
    @Inject(OperationClient) private readonly client: OperationClient,
    @Inject(GATEWAY_CONFIGURATION) private readonly config: GatewayConfiguration,
  ) {}

  async identify(request: HttpRequest, correlation: string): Promise<Identified> {
    const { publicUrl } = this.config;
    if (publicUrl === undefined) return failed('unavailable', 'This provider has no public address yet.');
    if (request.headers.authorization !== undefined) return refused([KEY_SENT]);
    const unanswered: Failed[] = [];
    const verified = await verifyRequest({
      method: request.method ?? '',
      url: `${new URL(publicUrl).href.replace(/\/$/, '')}${request.originalUrl}`,
      headers: headersOf(request),
      body: request.rawBody ?? new Uint8Array(),
      keys: async (provider, kid) => {
        const call = { params: {}, body: { provider, kid }, correlation, timeoutMs: KEY_TIMEOUT_MS };
        const answered = await this.client.call(peerKey, call);
        if (answered.kind === 'failed') unanswered.push(answered);
        return answered.kind === 'done' ? answered.reply.jwk : null;
      },
    });
    const [failure] = unanswered;
    if (failure !== undefined) return failure;
    if ('refused' in verified) return refused(verified.refused);
    const { provider, kid, nonce } = verified;
    const principal = { actor: { kind: 'peer', id: provider }, role: 'peer', operator: CELL, kid } as const;
    return { kind: 'known', principal: nonce === null ? principal : { ...principal, nonce } };
  }
}

const refused = (findings: Refused['findings']): Refused => ({ kind: 'refused', reason: 'unauthorized', findings });

const KEY_SENT = {
  pointer: '/headers/authorization',
  code: 'key-not-accepted',
  detail: 'This is for other providers, who sign what they send; a key is no credential here.',
  hint: 'Use the operations for operators and staff, or sign the request as docs/protocol/moving-v1.md says.',
};
