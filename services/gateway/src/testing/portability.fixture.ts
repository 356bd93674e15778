import { operation } from '@freehold/kernel';
import { COMMAND_DIGEST, done, failed, Operation, type OperationRequest } from '@freehold/platform';
import { type Jwk, peerKey, type ProviderDescription, providerDescription } from '@freehold/portability-contract';
import { Controller, Module } from '@nestjs/common';
import { z } from 'zod';

/** A change and a question that other providers may ask. */
export const peerChange = operation({
  id: 'portability.peer-change',
  kind: 'command',
  http: { method: 'POST', path: '/v1/moves/{move}/change' },
  summary: 'Changes what a peer may change.',
  permission: 'move:peer',
  scope: 'peer',
  params: z.object({ move: z.string() }),
  body: z.strictObject({ text: z.string() }),
  reply: z.object({ peer: z.string(), nonce: z.string().nullable(), commandId: z.string(), text: z.string() }),
  refusals: [],
  since: '0.2.0',
});
export const peerQuestion = operation({
  ...peerChange,
  id: 'portability.peer-question',
  kind: 'query',
  http: { method: 'GET', path: '/v1/moves/{move}' },
  body: z.object({ times: z.coerce.number().default(1) }),
  reply: z.object({ peer: z.string(), times: z.number() }),
});

/** What the portability context would know of other providers. */
export const knownPeers = new Map<string, Jwk | 'unreachable'>();

export const DESCRIPTION: ProviderDescription = {
  provider: 'https://api.freehold.test',
  name: 'Tests',
  zone: 'freehold.test',
  protocols: ['moving-v1'],
  keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43), kid: 'B'.repeat(43) }],
  recipient: `age1${'q'.repeat(58)}`,
};

@Controller()
class TestPortabilityController {
  @Operation(peerKey)
  async peerKey({ body }: OperationRequest<typeof peerKey>) {
    const known = knownPeers.get(body.provider);
    if (known === 'unreachable') return failed('unavailable', 'The provider cannot be reached.');
    return done({ jwk: known?.kid === body.kid ? known : null });
  }

  @Operation(providerDescription)
  async describe() {
    return done(DESCRIPTION);
  }

  @Operation(peerChange)
  async change({ principal, commandId, body }: OperationRequest<typeof peerChange>) {
    return done({ peer: principal.actor.id, nonce: principal.nonce ?? null, commandId, text: body.text });
  }

  @Operation(peerQuestion)
  async question({ principal, body }: OperationRequest<typeof peerQuestion>) {
    return done({ peer: principal.actor.id, times: body.times });
  }
}

@Module({
  controllers: [TestPortabilityController],
  providers: [{ provide: COMMAND_DIGEST, useValue: async (text: string) => `digest of ${text}` }],
})
export class TestPortabilityModule {}
