import type { IncomingMessage } from 'node:http';
import { isIPv6, type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Two providers that forward a name to each other stop here. */
export const MOST_HOPS = 5;
const PSEUDONYM = 'freehold';

/** How many routers of ours have handed the request on: our members of Via, RFC 9110 section 7.6.3. */
export function hopsOf({ headers }: IncomingMessage): number {
  const members = (headers.via ?? '').split(',');
  return members.filter((member) => member.trim().split(/\s+/)[1] === PSEUDONYM).length;
}

/** Says that it passed here. */
export function addHop({ headers, httpVersion }: IncomingMessage): void {
  const member = `${httpVersion} ${PSEUDONYM}`;
  headers.via = headers.via === undefined ? member : `${headers.via}, ${member}`;
}

/** Whether whoever listens at `ours` is reached at this address of ours. */
export function isOurs(ours: AddressInfo | undefined, { host, port }: { host: string; port: number }): boolean {
  if (ours?.port !== port) return false;
  const [listening, asked] = [plain(ours.address), plain(host)];
  if (listening === asked || isUnspecified(asked)) return true;
  if (!isUnspecified(listening)) return false;
  return (
    asked.startsWith('127.') ||
    Object.values(networkInterfaces())
      .flat()
      .some((own) => own?.address === asked)
  );
}

const isUnspecified = (address: string): boolean => address === '0.0.0.0' || address === '::';

/** Without the mapping of IPv4 into IPv6, in the one spelling of an address. */
function plain(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ?? (isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address);
}
