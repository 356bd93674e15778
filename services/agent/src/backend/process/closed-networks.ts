import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { errnoOf } from '../backend-failure.js';
import { ClosedNetwork, type Entrance } from './closed-network.js';
import { Dialer, dialFailure, dialHost } from './dialer.js';
import { environmentPaths } from './environment-record.js';
import type { ProcessHost } from './process-backend.options.js';
import type { Units } from './units.js';

/** A trial's holder goes by itself if the agent dies meanwhile. */
const TRIAL_LIFE_S = '60';
/** discard(9): nobody listens there in a namespace of one's own. */
const NOBODY = 9;

/** The closed networks of all environments. What changes one is called in the environment's turn. */
export class ClosedNetworks {
  readonly #dialers = new Map<string, Dialer>();
  #works: Promise<boolean> | undefined;

  constructor(
    private readonly host: ProcessHost,
    private readonly units: Pick<Units, 'enclosed'>,
  ) {}

  /** Whether this host can close: tried once, all the way to a connection inside that is refused. */
  works(): Promise<boolean> {
    return (this.#works ??= this.#try());
  }

  isClosed(id: string): Promise<boolean> {
    return this.#of(id).isClosed();
  }

  /** With somebody inside who connects, by the time that there is something to be asked. */
  async need(id: string): Promise<Entrance> {
    const entrance = await this.#of(id).need(await this.units.enclosed(id));
    this.#dialerTo(id, entrance).warm();
    return entrance;
  }

  /** Nothing runs in it: nobody has to hold it. */
  async rest(id: string): Promise<void> {
    if (!(await this.isClosed(id)) || (await this.units.enclosed(id)).length > 0) return;
    this.#hangUp(id);
    await this.#of(id).letGo();
  }

  /** From now on it is closed, whether something runs in its network or not. */
  close(id: string): Promise<void> {
    return this.#of(id).close();
  }

  /** From now on the environment is open, unless closed units still run. */
  async open(id: string): Promise<void> {
    if ((await this.isClosed(id)) && (await this.units.enclosed(id)).length === 0) await this.remove(id);
  }

  async remove(id: string): Promise<void> {
    this.#hangUp(id);
    await this.#of(id).remove();
  }

  async dial(id: string, port: number): Promise<Socket> {
    if (!(await this.isClosed(id))) return dialHost(port);
    const entrance = await this.#of(id).find(await this.units.enclosed(id));
    if (entrance === undefined) throw dialFailure('ECONNREFUSED');
    return this.#dialerTo(id, entrance).dial(port);
  }

  #dialerTo(id: string, entrance: Entrance): Dialer {
    const known = this.#dialers.get(id);
    if (known?.entrance.pid === entrance.pid && known.entrance.net === entrance.net) return known;
    this.#hangUp(id);
    const dialer = new Dialer(entrance);
    this.#dialers.set(id, dialer);
    return dialer;
  }

  /** Ends what connects; the networks stay. */
  hangUp(): void {
    for (const id of [...this.#dialers.keys()]) this.#hangUp(id);
  }

  #hangUp(id: string): void {
    this.#dialers.get(id)?.close();
    this.#dialers.delete(id);
  }

  #of(id: string): ClosedNetwork {
    return new ClosedNetwork(environmentPaths(this.host.environments, id).network, this.host.shim);
  }

  async #try(): Promise<boolean> {
    const folder = join(this.host.own, `closing-${randomBytes(4).toString('hex')}`);
    const network = new ClosedNetwork(folder, this.host.shim, TRIAL_LIFE_S);
    let dialer: Dialer | undefined;
    try {
      dialer = new Dialer(await network.need([]));
      (await dialer.dial(NOBODY)).destroy();
      return false;
    } catch (error) {
      return dialer !== undefined && errnoOf(error) === 'ECONNREFUSED';
    } finally {
      dialer?.close();
      await network.remove();
    }
  }
}
