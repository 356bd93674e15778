import type { AggregateStore } from '@freehold/log';
import { AGGREGATES, derivedId, RegularLook, Views } from '@freehold/platform';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { departureAggregate, departureName } from '../aggregates.js';
import { CaptureProgress } from './capture-progress.js';
import { DepartProcesses } from './depart-processes.js';
import type { Place } from './departures.js';
import type { DepartureCommand } from './domain/departure.commands.js';
import type { Known } from './domain/departure.js';
import { departureView, NEEDS_PROCESS, SEALED } from './views/departure.view.js';

const LOOK_EVERY_MS = 5_000;
const AT_ONCE = 200;

/**
 * Ends seals, and captures for one, whose time is over, and begins the process of a departure that a crash has left without
 * one. It looks at the read model and asks the aggregate, which judges by the time in the command: late or twice changes
 * nothing. Without PostgreSQL deadlines wait; nothing is decided meanwhile.
 */
@Injectable()
export class Deadlines implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #regular = new RegularLook(() => this.#look(), {
    everyMs: LOOK_EVERY_MS,
    failed: 'deadlines cannot be looked at yet',
  });

  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(Views) private readonly views: Views,
    @Inject(DepartProcesses) private readonly processes: DepartProcesses,
    @Inject(CaptureProgress) private readonly captures: CaptureProgress,
  ) {}

  onApplicationBootstrap(): void {
    this.#regular.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.#regular.stop();
  }

  async #look(): Promise<void> {
    const watched = this.views.of(departureView);
    const [sealed, begun] = await Promise.all([
      watched.list({ where: { watched: [SEALED] }, limit: AT_ONCE }),
      watched.list({ where: { watched: [NEEDS_PROCESS] }, limit: AT_ONCE }),
    ]);
    const at = new Date().toISOString();
    const places = begun.items.map(({ row, operator, position }) => {
      return { operator, departure: row.id, state: row.state, position };
    });
    // The same id has one effect: where the process is under way already, nothing happens.
    for (const place of places) await this.processes.begin(place, place.position, metaOf(place.departure));
    await this.#extend(
      places.filter(({ state }) => state.status === 'sealing'),
      at,
    );
    for (const { row, operator } of [...sealed.items, ...begun.items]) {
      const { deadline } = row.state;
      if (deadline !== null && at >= deadline)
        await this.#tell({ operator, departure: row.id }, { type: 'expire', at });
    }
  }

  /** Captures that get on have the whole time again; the log hears of it seldom. */
  async #extend(sealing: readonly (Place & { state: Known })[], at: string): Promise<void> {
    const gotOn = await this.captures.look(
      sealing.map(({ operator, departure, state }) => ({ operator, departure, deployment: state.grant.deployment })),
    );
    const extend = { type: 'extend', of: 'sealing', at, extensionMs: this.processes.captureMs } as const;
    for (const place of sealing) if (gotOn.has(place.departure)) await this.#tell(place, extend);
  }

  async #tell(
    { operator, departure }: Place,
    command: DepartureCommand & { type: 'expire' | 'extend' },
  ): Promise<void> {
    await this.aggregates.execute({
      definition: departureAggregate,
      name: departureName(operator, departure),
      command,
      meta: {
        ...metaOf(departure),
        commandId: derivedId(departure, `${command.type}/${command.at}`),
        commandName: `portability.${command.type}-seal`,
      },
    });
  }
}

const metaOf = (departure: string) => ({
  ...{ digest: '', actor: { kind: 'system', id: 'deadlines' } as const, cause: null },
  correlation: departure,
});
