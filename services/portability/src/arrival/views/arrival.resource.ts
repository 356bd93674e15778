import type { arrivals } from '@freehold/portability-contract';
import type { ReplyOf } from '@freehold/kernel';
import { fingerprintOfKid } from '@freehold/peer';
import { derivedId, type Resource } from '@freehold/platform';
import { Injectable } from '@nestjs/common';
import { arrivalProjection, type ArrivalRow, arrivalView } from './arrival.view.js';

type Recorded = ReplyOf<typeof arrivals.get>['recorded'];

/** An arrival as its operator sees it. */
@Injectable()
export class ArrivalResource implements Resource<ArrivalRow, Recorded, null> {
  readonly view = arrivalView;
  readonly projection = arrivalProjection;

  observed(): Promise<null> {
    return Promise.resolve(null);
  }

  recorded({ source, ...row }: ArrivalRow, operator: string): Recorded {
    const { provider, kid } = source;
    return {
      ...row,
      operator,
      process: derivedId(row.id, 'arrive'),
      source: { provider, fingerprint: fingerprintOfKid(kid) },
      ifAbandoned: IF_ABANDONED[row.status],
    };
  }
}

const IF_ABANDONED: Readonly<Record<ArrivalRow['status'], string>> = {
  'under-way': 'What was copied here would be thrown away; it goes on running at the source, or runs there again.',
  verified: 'The source decides at this moment: it becomes live here, or runs there again.',
  completed: 'It has ended: it is live here.',
  returned: 'It has ended: it runs at the source again.',
  abandoned: 'It has ended: it runs at the source.',
};
