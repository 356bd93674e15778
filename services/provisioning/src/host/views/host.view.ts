import type { ReplyOf } from '@freehold/kernel';
import type { Resource } from '@freehold/platform';
import { resourceProjection, viewEntity } from '@freehold/projection';
import type { Amounts, HostEvent, hosts } from '@freehold/provisioning-contract';
import { hostAggregate } from '../../aggregates.js';

type Recorded = ReplyOf<typeof hosts.get>['recorded'];

interface HostRow extends Omit<Recorded, 'reserved' | 'environments'> {
  /** By environment. */
  reservations: Record<string, Amounts>;
}

const projection = resourceProjection<HostRow, HostEvent>({
  name: 'host',
  version: 5,
  of: hostAggregate,
  evolve: (row, event) => {
    switch (event.type) {
      case 'provisioning.host-joined.v1': {
        const { name } = event.data;
        return {
          id: event.subject.id,
          name,
          ...shownOf(event.data),
          reservations: {},
        };
      }
      case 'provisioning.host-changed.v1': {
        return row && { ...row, ...shownOf(event.data) };
      }
      case 'provisioning.capacity-reserved.v1':
      case 'provisioning.capacity-lowered.v1': {
        const { environment, amounts } = event.data;
        return row && { ...row, reservations: { ...row.reservations, [environment]: amounts } };
      }
      case 'provisioning.capacity-freed.v1': {
        if (row === null) return null;
        const { [event.data.environment]: _freed, ...reservations } = row.reservations;
        return { ...row, reservations };
      }
    }
  },
});

type Said = Extract<HostEvent, { type: 'provisioning.host-changed.v1' }>['data'];

const shownOf = ({ address, port, backends, capacity, ...said }: Said) => {
  const { dnsPort = null, transferPort = null, programs = {}, closing = false } = said;
  return { address, port, dnsPort, transferPort, backends, capacity, programs, closing };
};

export const hostView = viewEntity(projection);

const sum = (amounts: readonly Amounts[], of: keyof Amounts): number =>
  amounts.reduce((total, each) => total + each[of], 0);

export const hostResource: Resource<HostRow, Recorded, null> = {
  view: hostView,
  projection,
  recorded: ({ reservations, ...host }) => {
    const reserved = Object.values(reservations);
    return {
      ...host,
      reserved: {
        memoryBytes: sum(reserved, 'memoryBytes'),
        cpuMillis: sum(reserved, 'cpuMillis'),
        diskBytes: sum(reserved, 'diskBytes'),
      },
      environments: Object.keys(reservations),
    };
  },
};
