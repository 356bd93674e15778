/**
 * What the name servers answer, computed from what is deployed: a record set for each name under the zone, and the zone's
 * own records.
 *
 * Every record lives for a minute, always: so nothing has to be lowered before a move, and where a name leads changes
 * within a minute whenever it does.
 */
import type { PublishedName, PublishedZone, ResourceRecord } from '@freehold/provisioning-contract';
import { nameServersOf } from './zone.js';
import type { Name } from './name.states.js';

const TTL_S = 60;
/** Name servers change as seldom as machines do. */
const ZONE_TTL_S = 3_600;
const SERIALS = 2 ** 32;

export interface RouterAddress {
  address: string;
}

/**
 * @param name opened; null when it was erased.
 * @param host where the name's environment is placed; null: nowhere.
 * @returns null when nothing is to be answered for the name.
 */
export function recordSetOf(state: Name, name: string | null, host: RouterAddress | null): PublishedName | null {
  if (state.status === 'free' || name === null || state.via !== null) return null;
  switch (state.status) {
    case 'claimed':
      return null;
    case 'attached':
      return host && leadingTo(name, host.address);
    case 'delegated-away':
      return leadingTo(name, state.way.address);
  }
}

const leadingTo = (name: string, address: string): PublishedName => ({
  name,
  ttlS: TTL_S,
  records: [addressRecord(address)],
});

const addressRecord = (data: string): ResourceRecord => ({ type: data.includes(':') ? 'AAAA' : 'A', data });

export interface NameServingHost {
  name: string;
  address: string;
  dnsPort: number | null;
}

/**
 * @param sequence of the newest commit that any of it follows from: later ones give higher serials (RFC 1982).
 */
export function zoneRecordsOf(zone: string, hosts: readonly NameServingHost[], sequence: number): PublishedZone {
  const nameServers = hosts
    .filter(({ dnsPort }) => dnsPort !== null)
    .map(({ name, address }) => ({ name: `${name}.${nameServersOf(zone)}`, address }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return {
    zone,
    ttlS: ZONE_TTL_S,
    primary: nameServers[0]?.name ?? nameServersOf(zone),
    mailbox: `hostmaster.${zone}`,
    serial: sequence % SERIALS,
    ...{ refreshS: 3_600, retryS: 600, expireS: 1_209_600, negativeTtlS: TTL_S },
    nameServers,
  };
}
