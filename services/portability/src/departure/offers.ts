import { movable } from '@freehold/deployment-contract';
import {
  done,
  type Done,
  type Failed,
  notFound,
  OperationClient,
  processPrincipal,
  type Refused,
  refusedWith,
} from '@freehold/platform';
import type { Offer } from '@freehold/portability-contract';
import { Inject, Injectable } from '@nestjs/common';
import { NameHomes } from '../home/name-homes.js';
import { Provider } from '../provider/provider.js';
import type { Place } from './departures.js';
import type { Known } from './domain/departure.js';
import { departureEnded } from './domain/departure.findings.js';

/** What who brought a grant is shown of the deployment. */
@Injectable()
export class Offers {
  constructor(
    @Inject(OperationClient) private readonly client: OperationClient,
    @Inject(Provider) private readonly provider: Provider,
    @Inject(NameHomes) private readonly homes: NameHomes,
  ) {}

  async of(
    { operator, departure, state: { bound, confirmed, grant } }: Place & { state: Known },
    clock: string,
  ): Promise<Done<Offer> | Refused | Failed> {
    if (bound === null) return notFound();
    const principal = processPrincipal(operator, departure);
    const body = { deployment: grant.deployment };
    const shown = await this.client.call(movable, { params: { operator }, body, principal });
    if (shown.kind === 'failed') return shown;
    if (shown.kind === 'refused') return notFound();
    const { deployment, application, version, plan, names, lineage, epoch, identity } = shown.reply;
    const { sizeBytes, programs } = shown.reply;
    const homes = await this.homes.of({ operator, departure, deployment }, names);
    if (homes.kind === 'failed') return homes;
    // It is live elsewhere, and its name was given up.
    if (homes.kind === 'refused') return refusedWith([departureEnded]);
    return done({
      ...{ departure, nonce: bound.nonce, confirmed, clock },
      ...{ deployment, application, version, plan, lineage, epoch },
      // Who came has to be confirmed before more than names and sizes is shown.
      identity: confirmed ? identity : null,
      sizeBytes,
      programs,
      names: names.map(({ purpose, name }, n) => ({ purpose, name, via: homes.reply[n] ?? this.provider.origin })),
    });
  }
}
