/** What the provider sells: an application with a plan, a policy and a price. Opened again it takes the new terms. */
import { accepted, type Decider } from '@freehold/decider';
import type { OfferingEvent } from '@freehold/catalog-contract';
import { isDeepStrictEqual } from 'node:util';

export interface Terms {
  application: string;
  plan: string;
  policy: string;
  price: { currency: string; minorUnits: number };
}
export type Offering = { status: 'none' } | { status: 'open'; terms: Terms } | { status: 'closed' };
export type OfferingCommand = { type: 'open'; terms: Terms } | { type: 'close' };

export const offeringDecider: Decider<Offering, OfferingCommand, OfferingEvent> = {
  initialState: () => ({ status: 'none' }),
  evolve: (_state, event) => {
    switch (event.type) {
      case 'catalog.offering-opened.v1':
        return { status: 'open', terms: event.data };
      case 'catalog.offering-closed.v1':
        return { status: 'closed' };
    }
  },
  decide: (command, offering) => {
    switch (command.type) {
      case 'open': {
        const same = offering.status === 'open' && isDeepStrictEqual(offering.terms, command.terms);
        return same ? accepted() : accepted({ type: 'catalog.offering-opened.v1', data: command.terms });
      }
      case 'close':
        return offering.status === 'open' ? accepted({ type: 'catalog.offering-closed.v1', data: {} }) : accepted();
    }
  },
};
