/**
 * A key that opens the door: `fh_<operator, or cell>_<id>_<secret>`. Only a hash of the secret is kept; the secret is
 * derived from the id, so that issuing again answers the same.
 *
 *     none ──issue──► issued ──revoke──► revoked
 */
import { accepted, acceptedUnless, refused, type Decider, type Decision } from '@freehold/decider';
import type { CredentialEvent } from '@freehold/accounts-contract';
import type { Enciphered, Finding, Role } from '@freehold/kernel';

export type Credential =
  | { status: 'none' }
  | { status: 'issued'; role: Role; hash: string; expiresAt: string | null; host: string | null }
  | { status: 'revoked' };

export type CredentialCommand =
  | {
      type: 'issue';
      role: Role;
      hash: string;
      label: Enciphered | null;
      expiresAt: string | null;
      host: string | null;
      /** The time of the request, RFC 3339. */
      now: string;
    }
  | { type: 'revoke' };

const keyUnknown: Finding = {
  pointer: '/key',
  code: 'key-unknown',
  detail: 'There is no such key.',
  hint: 'List the keys with "freehold key list".',
};

const expiryInThePast: Finding = {
  pointer: '/expiresAt',
  code: 'expiry-in-the-past',
  detail: 'A key cannot end before it begins.',
  hint: 'Give a time in the future, or none.',
};

const evolve = (_state: Credential, event: CredentialEvent): Credential => {
  switch (event.type) {
    case 'accounts.credential-issued.v1': {
      const { role, hash, expiresAt, host } = event.data;
      return { status: 'issued', role, hash, expiresAt, host };
    }
    case 'accounts.credential-revoked.v1':
      return { status: 'revoked' };
  }
};

const decide = (command: CredentialCommand, credential: Credential): Decision<CredentialEvent> => {
  switch (command.type) {
    case 'issue':
      return issue(command, credential);
    case 'revoke':
      return revoke(credential);
  }
};

const issue = (
  { now, role, hash, label, expiresAt, host }: Extract<CredentialCommand, { type: 'issue' }>,
  credential: Credential,
): Decision<CredentialEvent> => {
  if (credential.status !== 'none') return accepted();
  const inThePast = expiresAt !== null && Date.parse(expiresAt) <= Date.parse(now);
  return acceptedUnless(inThePast ? [expiryInThePast] : [], {
    type: 'accounts.credential-issued.v1',
    data: { role, hash, label, expiresAt, host },
  });
};

const revoke = (credential: Credential): Decision<CredentialEvent> => {
  switch (credential.status) {
    case 'none':
      return refused(keyUnknown);
    case 'issued':
      return accepted({ type: 'accounts.credential-revoked.v1', data: {} });
    case 'revoked':
      return accepted();
  }
};

/** Whether a key with this hash opens the door at this time; the caller compares hashes in constant time. */
export const isOpen = (credential: Credential, now: string): credential is Extract<Credential, { status: 'issued' }> =>
  credential.status === 'issued' &&
  (credential.expiresAt === null || Date.parse(credential.expiresAt) > Date.parse(now));

export const credentialDecider: Decider<Credential, CredentialCommand, CredentialEvent> = {
  initialState: () => ({ status: 'none' }),
  evolve,
  decide,
};
