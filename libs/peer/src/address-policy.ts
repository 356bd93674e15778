import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/*
 * Which addresses may be asked because somebody outside named them (server-side request forgery). Judged for the address
 * that is connected to, not for the name, which may mean another one a moment later.
 */

/** `public`: https to public addresses. `embedded`: besides, http or https to this machine's loopback, at any port. */
export type AddressPolicy = 'public' | 'embedded';

/** Ports of public addresses: https, its usual alternative, and the API's own. */
export const PUBLIC_PORTS: readonly number[] = [443, 8443, 8420];

export interface Destination {
  /** As `URL` writes it, brackets of IPv6 included. */
  protocol: string;
  port: number;
}

/** IPv6 that is given out at all (RFC 4291); everything else is none of the public internet. */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3');

/** Why this address may not be connected to, in words for people; null when it may. */
export function refusalOf(address: string, { protocol, port }: Destination, policy: AddressPolicy): string | null {
  const range = rangeOf(address);
  if (range === 'loopback' && policy === 'embedded') return null;
  if (range !== 'unicast') return `the address is not public (${range})`;
  if (protocol !== 'https:') return 'public addresses are asked over https only';
  return PUBLIC_PORTS.includes(port) ? null : `port ${port} is not one of ${PUBLIC_PORTS.join(', ')}`;
}

/** The kind of an address, `unicast` for a public one. IPv4 within IPv6 is a kind of its own, whatever it maps to. */
function rangeOf(address: string): string {
  if (isIP(address) === 0 || address.includes('%')) return 'no address';
  const parsed = ipaddr.parse(address);
  const range = parsed.range();
  if (range !== 'unicast' || parsed instanceof ipaddr.IPv4) return range;
  return parsed.match(GLOBAL_UNICAST) ? range : 'reserved';
}

/** The address when the host of a URL is one already: no name is looked up for it, so it is judged at once. */
export function literalAddressOf({ hostname }: URL): string | null {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(bare) === 0 ? null : bare;
}
