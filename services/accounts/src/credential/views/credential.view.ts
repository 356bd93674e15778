import type { CredentialRecorded } from '@freehold/accounts-contract';
import { type Enciphered, openedText, type Role } from '@freehold/kernel';
import type { Resource } from '@freehold/platform';
import { resourceProjection, viewEntity } from '@freehold/projection';
import type { z } from 'zod';
import { credentialAggregate } from '../../aggregates.js';

interface CredentialRow {
  id: string;
  role: Role;
  label: Enciphered | null;
  status: 'valid' | 'revoked';
  issuedAt: string;
  expiresAt: string | null;
}

const projection = resourceProjection<CredentialRow, Parameters<typeof credentialAggregate.evolve>[1]>({
  name: 'credential',
  version: 1,
  of: credentialAggregate,
  evolve: (row, event) => {
    switch (event.type) {
      case 'accounts.credential-issued.v1': {
        const { role, label, expiresAt } = event.data;
        return { id: event.subject.id, role, label, status: 'valid', issuedAt: event.at, expiresAt };
      }
      case 'accounts.credential-revoked.v1':
        return row && { ...row, status: 'revoked' };
    }
  },
});

export const credentialView = viewEntity(projection);

export const credentialResource: Resource<CredentialRow, z.infer<typeof CredentialRecorded>, null> = {
  view: credentialView,
  projection,
  recorded: ({ label, ...row }) => ({ ...row, label: label === null ? null : openedText(label) }),
};
