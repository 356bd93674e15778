import { PeerFailure } from '@freehold/peer';
import { done, failed, Operation, type OperationRequest } from '@freehold/platform';
import { peerKey, providerDescription } from '@freehold/portability-contract';
import { Controller, Inject } from '@nestjs/common';
import { Provider } from './provider.js';

/** What other providers, and the gateway on their behalf, ask before anybody is known. */
@Controller()
export class ProviderOperations {
  constructor(@Inject(Provider) private readonly provider: Provider) {}

  @Operation(providerDescription)
  async describe(_request: OperationRequest<typeof providerDescription>) {
    return done(this.provider.description);
  }

  @Operation(peerKey)
  async key(request: OperationRequest<typeof peerKey>) {
    const { provider, kid } = request.body;
    try {
      return done({ jwk: await this.provider.keyOfStranger(provider, kid) });
    } catch (error) {
      if (!(error instanceof PeerFailure)) throw error;
      if (error.code === 'refused-address' || error.code === 'not-a-provider') return done({ jwk: null });
      return failed('unavailable', 'The provider that signed this cannot be asked for its key at the moment.');
    }
  }
}
