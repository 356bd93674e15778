import { Resolver } from 'node:dns';
import { Agent } from 'node:http';
import type { LookupFunction } from 'node:net';
import { promisify } from 'node:util';

/**
 * An HTTP agent that asks name servers where a name is, anew for each connection, and keeps no connection: what a client with
 * DNS does, without a memory of its own. A server that does not serve the zone refuses, and the next one is asked.
 *
 * @param servers `address:port` each; more may be added later
 */
export function followingAgent(servers: readonly string[]): Agent {
  const lookup: LookupFunction = (name, options, callback) => {
    resolverOf(servers).resolve4(name, (error, addresses) => {
      if (error !== null) return callback(error, '');
      const found = addresses.map((address) => ({ address, family: 4 }));
      return options.all === true ? callback(null, found) : callback(null, found[0]?.address ?? '', 4);
    });
  };
  return new Agent({ lookup, keepAlive: false });
}

/** @throws Error of node:dns with its `code` when nobody knows the name. */
export async function addressOf(servers: readonly string[], name: string): Promise<string | undefined> {
  const resolver = resolverOf(servers);
  return (await promisify(resolver.resolve4.bind(resolver))(name))[0];
}

/** A new one each time, so that none remembers an answer. */
function resolverOf(servers: readonly string[]): Resolver {
  const resolver = new Resolver({ timeout: 500, tries: 3 });
  resolver.setServers(servers);
  return resolver;
}
