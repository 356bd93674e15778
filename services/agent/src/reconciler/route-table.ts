import type { Forward } from '@freehold/provisioning-contract';
import type { Route, Router } from '../router/router.js';
import type { EnvironmentRecord } from './environment-record.js';

/** A name and where it leads: a port of this host, or another address. */
export interface Published extends Route {
  readonly name: string;
}

/** What the record of an environment says should be published; after a crash too. */
export function routesOf({
  routed,
  forwarded,
  configured,
}: Pick<EnvironmentRecord, 'routed' | 'forwarded' | 'configured'>): readonly Published[] {
  if (configured === null) return [];
  if (forwarded !== null) return forwardedRoutes(configured.routes, forwarded);
  return routed ? configured.routes : [];
}

/** All names of an environment, led to one place. */
export const forwardedRoutes = (
  routes: readonly { readonly name: string }[],
  { address, port }: Forward,
): readonly Published[] => routes.map(({ name }) => ({ name, address, port }));

const isForward = ({ address }: Published): boolean => address !== undefined;

/** The names of all environments, as the router has to know them. */
export class RouteTable {
  readonly #byEnvironment = new Map<string, readonly Published[]>();

  constructor(private readonly router: Pick<Router, 'setRoutes'>) {}

  publish(environment: string, routes: readonly Published[]): void {
    this.#byEnvironment.set(environment, routes);
    this.#set();
  }

  withdraw(environment: string): void {
    if (this.#byEnvironment.delete(environment)) this.#set();
  }

  #set(): void {
    const all = [...this.#byEnvironment.values()].flat();
    // What runs here comes last and wins: a name may have come home while what left before still forwards it.
    const routes = [...all.filter(isForward), ...all.filter((route) => !isForward(route))];
    this.router.setRoutes(new Map(routes.map(({ name, ...route }): [string, Route] => [name.toLowerCase(), route])));
  }
}
