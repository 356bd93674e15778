import { type Projection, readWith, viewEntity } from '@freehold/projection';
import { hostCatalogue, type HostEvent } from '@freehold/provisioning-contract';

/** Where the router of a host listens, from provisioning's public events: what a deployment's address is made of. */
export interface HostRouterRow {
  id: string;
  name: string;
  address: string;
  port: number;
}

const projection: Projection<HostRouterRow, HostEvent> = {
  name: 'host-router',
  version: 1,
  source: { context: 'provisioning', aggregate: 'host' },
  read: readWith<HostEvent>(hostCatalogue),
  key: (event) => event.subject.id,
  evolve: (row, event) => {
    switch (event.type) {
      case 'provisioning.host-joined.v1': {
        const { name, address, port } = event.data;
        return { id: event.subject.id, name, address, port };
      }
      case 'provisioning.host-changed.v1':
        return row && { ...row, address: event.data.address, port: event.data.port };
      case 'provisioning.capacity-reserved.v1':
      case 'provisioning.capacity-lowered.v1':
      case 'provisioning.capacity-freed.v1':
        return row;
    }
  },
};

export const hostRouterView = viewEntity(projection, { columns: { name: { type: 'text', value: (row) => row.name } } });
