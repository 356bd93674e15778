import { Enciphered, event, eventCatalogue, type EventsOf, Instant, Role } from '@freehold/kernel';
import { z } from 'zod';

/** A key was given out. Only the SHA-256 of its secret is kept; `host` limits an agent's key to one host. */
export const credentialIssued = event(
  'accounts.credential-issued.v1',
  z.object({
    role: Role,
    hash: z.string(),
    label: Enciphered.nullable(),
    expiresAt: Instant.nullable(),
    host: z.string().nullable(),
  }),
);
/** The key is refused from this commit on. */
export const credentialRevoked = event('accounts.credential-revoked.v1', z.object({}));

export const credentialEvents = [credentialIssued, credentialRevoked] as const;
export type CredentialEvent = EventsOf<typeof credentialEvents>;
export const credentialCatalogue = eventCatalogue({
  context: 'accounts',
  aggregate: 'credential',
  events: credentialEvents,
});
