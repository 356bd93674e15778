import type { AggregateStore } from '@freehold/log';
import { AGGREGATES, derivedId, log, Views } from '@freehold/platform';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { departureAggregate, departureName } from '../aggregates.js';
import { DepartProcesses } from './depart-processes.js';
import { departureView, NEEDS_PROCESS, SEALED } from './views/departure.view.js';

const LOOK_EVERY_MS = 5_000;
const AT_ONCE = 200;

/**
 * Ends seals whose time is over, and begins the process of a departure that a crash has left without one. It looks at the read model and asks the aggregate, which judges by the time in the
 * command: late or twice changes nothing. Without PostgreSQL deadlines wait; nothing is decided meanwhile.
 */
@Injectable()
export class Deadlines implements OnApplicationBootstrap, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #looking = Promise.resolve();

  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(Views) private readonly views: Views,
    @Inject(DepartProcesses) private readonly processes: DepartProcesses,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() =>
        this.#look().catch((error: unknown) => log().debug({ err: error }, 'deadlines cannot be looked at yet')),
      );
    }, LOOK_EVERY_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    const watched = this.views.of(departureView);
    const [sealed, begun] = await Promise.all([
      watched.list({ where: { watched: [SEALED] }, limit: AT_ONCE }),
      watched.list({ where: { watched: [NEEDS_PROCESS] }, limit: AT_ONCE }),
    ]);
    const at = new Date().toISOString();
    for (const { row, operator } of sealed.items) {
      const { deadline } = row.state;
      if (deadline !== null && at >= deadline) await this.#expire(operator, row.id, at);
    }
    // The same id has one effect: where the process is under way already, nothing happens.
    for (const { row, operator, position } of begun.items) {
      const place = { operator, departure: row.id, state: row.state };
      await this.processes.begin(place, position, metaOf(row.id));
    }
  }

  async #expire(operator: string, departure: string, at: string): Promise<void> {
    await this.aggregates.execute({
      definition: departureAggregate,
      name: departureName(operator, departure),
      command: { type: 'expire', at },
      meta: {
        ...metaOf(departure),
        commandId: derivedId(departure, `expire/${at}`),
        commandName: 'portability.expire-seal',
      },
    });
  }
}

const metaOf = (departure: string) => ({
  ...{ digest: '', actor: { kind: 'system', id: 'deadlines' } as const, cause: null },
  correlation: departure,
});
