import { type OperatorRecorded } from '@freehold/accounts-contract';
import { type Enciphered, openedText } from '@freehold/kernel';
import type { Resource } from '@freehold/platform';
import { resourceProjection, viewEntity } from '@freehold/projection';
import type { z } from 'zod';
import { operatorAggregate } from '../../aggregates.js';

interface OperatorRow {
  id: string;
  status: z.infer<typeof OperatorRecorded>['status'];
  name: Enciphered;
  contact: Enciphered;
  registeredAt: string;
}

const projection = resourceProjection<OperatorRow, Parameters<typeof operatorAggregate.evolve>[1]>({
  name: 'operator',
  version: 1,
  of: operatorAggregate,
  evolve: (row, event) => {
    switch (event.type) {
      case 'accounts.operator-registered.v1': {
        const { name, contact } = event.data;
        return { id: event.subject.id, status: 'active', name, contact, registeredAt: event.at };
      }
      case 'accounts.operator-suspended.v1':
        return row && { ...row, status: 'suspended' };
      case 'accounts.operator-resumed.v1':
        return row && { ...row, status: 'active' };
      case 'accounts.operator-closed.v1':
        return row && { ...row, status: 'closed' };
      case 'accounts.operator-erasure-begun.v1':
        return row && { ...row, status: 'erasing' };
      case 'accounts.operator-erased.v1':
        return row && { ...row, status: 'erased' };
    }
  },
});

export const operatorView = viewEntity(projection);

export const operatorResource: Resource<OperatorRow, z.infer<typeof OperatorRecorded>, null> = {
  view: operatorView,
  projection,
  // Opened already: the enciphered values are texts now.
  recorded: ({ id, status, name, contact, registeredAt }) => ({
    id,
    status,
    name: openedText(name),
    contact: openedText(contact),
    registeredAt,
  }),
};
