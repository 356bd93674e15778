import type { Operation, Principal } from '@freehold/kernel';
import type { Failed, Refused } from '@freehold/platform';
import { Inject, Injectable } from '@nestjs/common';
import { Authentication } from './authentication.js';
import { headerOf, type HttpRequest } from './exchange.js';
import { PeerAuthentication } from './peer-authentication.js';

/** `principal` null: nobody in particular, for what is open to everybody. */
export type Caller = { kind: 'known'; principal: Principal | null } | Refused | Failed;

/** Who calls, by the credential that the row asks for: none, a provider's signature, or a key. */
@Injectable()
export class Identification {
  constructor(
    @Inject(Authentication) private readonly keys: Authentication,
    @Inject(PeerAuthentication) private readonly peers: PeerAuthentication,
  ) {}

  async caller({ scope }: Operation, request: HttpRequest, correlation: string): Promise<Caller> {
    switch (scope) {
      case 'public':
        return { kind: 'known', principal: null };
      case 'peer':
        return this.peers.identify(request, correlation);
      case 'operator':
      case 'cell':
      case 'host':
        return this.keys.identify(headerOf(request, 'authorization'), correlation);
    }
  }
}
