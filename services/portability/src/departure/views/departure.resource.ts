import type { departures } from '@freehold/portability-contract';
import type { ReplyOf } from '@freehold/kernel';
import { fingerprintOfKid } from '@freehold/peer';
import { derivedId, type Resource } from '@freehold/platform';
import { Injectable } from '@nestjs/common';
import { isSealing } from '../domain/departure.js';
import { ifAbandoned } from '../domain/standing.js';
import { departureProjection, type DepartureRow, departureView } from './departure.view.js';

type Recorded = ReplyOf<typeof departures.get>['recorded'];

const WITHOUT_PROCESS: readonly string[] = ['granted', 'bound', 'abandoned'];

export function departureRecorded({ id, state }: DepartureRow, operator: string): Recorded {
  const { grant, bound, status, confirmed, deadline } = state;
  return {
    ...{ id, operator, status, confirmed },
    process: WITHOUT_PROCESS.includes(status) ? null : derivedId(id, 'depart'),
    deployment: grant.deployment,
    lineage: grant.lineage,
    to: grant.to === null ? null : shown(grant.to),
    by: bound === null ? null : shown(bound.by),
    expires: grant.expires,
    deadline: isSealing(status) ? deadline : null,
    ifAbandoned: ifAbandoned(status),
  };
}

/** A departure as its operator sees it. A key's id stands for its fingerprint: the same digest, written otherwise. */
@Injectable()
export class DepartureResource implements Resource<DepartureRow, Recorded, null> {
  readonly view = departureView;
  readonly projection = departureProjection;
  readonly recorded = departureRecorded;

  observed(): Promise<null> {
    return Promise.resolve(null);
  }
}

const shown = ({ provider, kid }: { provider: string; kid: string }) => ({
  provider,
  fingerprint: fingerprintOfKid(kid),
});
