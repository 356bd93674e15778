import type { Route, Router } from '../router/router.js';

interface Published {
  readonly name: string;
  readonly port: number;
}

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
    const routes = [...this.#byEnvironment.values()].flat();
    this.router.setRoutes(new Map(routes.map(({ name, port }): [string, Route] => [name.toLowerCase(), { port }])));
  }
}
