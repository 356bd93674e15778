import { type Enciphered, openedText, type ReplyOf } from '@freehold/kernel';
import type { Resource } from '@freehold/platform';
import { resourceProjection, viewEntity } from '@freehold/projection';
import type { NameEvent, names } from '@freehold/provisioning-contract';
import { nameAggregate } from '../../aggregates.js';

type Recorded = ReplyOf<typeof names.get>['recorded'];

/** A name that is free keeps its row, without a holder: nobody sees it. */
interface NameRow extends Omit<Recorded, 'name'> {
  name: Enciphered;
}

const projection = resourceProjection<NameRow, NameEvent>({
  name: 'name',
  version: 2,
  of: nameAggregate,
  evolve: (row, event) => {
    switch (event.type) {
      case 'provisioning.name-claimed.v1': {
        const { operator, deployment, purpose, name, via = null } = event.data;
        const { id } = event.subject;
        return {
          id,
          operator,
          deployment,
          environment: null,
          purpose,
          name,
          status: 'claimed',
          via,
          delegatedTo: null,
        };
      }
      case 'provisioning.name-attached.v1':
        return row && { ...row, environment: event.data.environment, status: 'attached' };
      case 'provisioning.name-given-up.v1':
        return row?.deployment === event.data.deployment
          ? { ...row, operator: null, deployment: null, environment: null, status: 'free', via: null }
          : row;
      case 'provisioning.name-delegated-away.v1':
      case 'provisioning.name-redirected.v1': {
        const { to, address, port } = event.data;
        return row && { ...row, status: 'delegated-away', delegatedTo: { to, address, port } };
      }
      case 'provisioning.name-reclaimed.v1': {
        const { deployment, environment } = event.data;
        return row && { ...row, ...held(environment), deployment };
      }
      case 'provisioning.name-delegation-undone.v1':
        return row?.deployment === event.data.deployment && row.status === 'delegated-away'
          ? { ...row, ...held(row.environment) }
          : row;
    }
  },
});

function held(environment: string | null): Pick<NameRow, 'status' | 'environment' | 'delegatedTo'> {
  return { status: environment === null ? 'claimed' : 'attached', environment, delegatedTo: null };
}

/** The rows belong to the cell, since names are unique in it; `holder` is the operator who has the name. */
export const nameView = viewEntity(projection, { columns: { holder: { type: 'text', value: (row) => row.operator } } });

export const nameResource: Resource<NameRow, Recorded, null> = {
  view: nameView,
  projection,
  // Opened already: the enciphered value is a text now.
  recorded: ({ name, ...row }) => ({ ...row, name: openedText(name) }),
};
