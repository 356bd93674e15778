import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { type AddressPolicy, type Destination, refusalOf } from './address-policy.js';
import { PeerFailure } from './peer-failure.js';

/** All addresses of a name, as `dns.lookup` answers with `all`. */
export type Resolve = (hostname: string, answered: ResolveCallback) => void;
type ResolveCallback = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;

const bySystem: Resolve = (hostname, answered) => systemLookup(hostname, { all: true, verbatim: true }, answered);

interface GuardOptions {
  peer: string;
  destination: Destination;
  policy: AddressPolicy;
  resolve: Resolve | undefined;
}

/**
 * `lookup` for a connection: the addresses that it answers are those that are connected to, so that a name cannot change
 * its mind between the check and the connection. One address that is not permitted condemns the name.
 */
export function guardedLookup({ peer, destination, policy, resolve = bySystem }: GuardOptions): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, (error, addresses) => {
      const refused = error === null ? firstRefusal(addresses) : null;
      const [first] = addresses ?? [];
      if (error !== null) callback(error, '');
      else if (refused !== null) callback(new PeerFailure('refused-address', peer, refused), '');
      else if (first === undefined) callback(new PeerFailure('unreachable', peer, 'the name has no address'), '');
      else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };

  function firstRefusal(addresses: readonly LookupAddress[]): string | null {
    const refusals = addresses.map(({ address }) => refusalOf(address, destination, policy));
    return refusals.find((refusal) => refusal !== null) ?? null;
  }
}
