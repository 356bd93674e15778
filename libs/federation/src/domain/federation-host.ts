import type { Finding } from '@freehold/kernel';
import { isHostName, normaliseHost } from './host.js';
import { nodeInfoFindings, type NodeInfo } from './node-info.js';

/** A server of the federation that was met. `host` is its full domain name, normalised. */
export interface FederationHost {
  readonly id: string;
  readonly host: string;
  readonly nodeInfo: NodeInfo;
}

/** The local user that stands for a person elsewhere, one to one. */
export interface FederatedUser {
  /** Our user. */
  readonly user: string;
  /** The id that the other server gave the person: `PersonId.id`. */
  readonly externalId: string;
  /** The id of the {@link FederationHost}. */
  readonly federationHost: string;
}

/** What a person is found by: the pair of external id and federation host, as one unambiguous string. */
export const externalKeyOf = ({ externalId, federationHost }: Omit<FederatedUser, 'user'>): string =>
  JSON.stringify([externalId, federationHost]);

export function federationHostFindings({ id, host, nodeInfo }: FederationHost): Finding[] {
  const findings = present({ id });
  if (normaliseHost(host) !== host || !isHostName(host)) {
    findings.push({
      pointer: '/host',
      code: 'host-malformed',
      detail: 'this is not a domain name in small letters, with A-labels and without a trailing dot',
      hint: 'Give the server’s name as its own addresses have it, not an IP address.',
    });
  }
  return [
    ...findings,
    ...nodeInfoFindings(nodeInfo).map((finding) => ({ ...finding, pointer: `/nodeInfo${finding.pointer}` })),
  ];
}

export const federatedUserFindings = ({ user, externalId, federationHost }: FederatedUser): Finding[] =>
  present({ user, externalId, federationHost });

function present(fields: Readonly<Record<string, string>>): Finding[] {
  return Object.entries(fields)
    .filter(([, value]) => value === '')
    .map(([name]) => ({
      pointer: `/${name}`,
      code: 'field-missing',
      detail: `${name} is empty`,
      hint: 'Give a value; without it the person cannot be found again.',
    }));
}
