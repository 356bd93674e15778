import type { AggregateStore } from '@freehold/log';
import { AGGREGATES, derivedId, log, Views } from '@freehold/platform';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { departureAggregate, departureName } from '../aggregates.js';
import { departureView } from './views/departure.view.js';

const LOOK_EVERY_MS = 5_000;
const AT_ONCE = 200;

/**
 * Ends seals whose time is over. It looks at the read model and asks the aggregate, which judges by the time in the
 * command: late or twice changes nothing. Without PostgreSQL deadlines wait; nothing is decided meanwhile.
 */
@Injectable()
export class Deadlines implements OnApplicationBootstrap, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #looking = Promise.resolve();

  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(Views) private readonly views: Views,
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
    const { items } = await this.views.of(departureView).list({ where: { sealed: [1] }, limit: AT_ONCE });
    const at = new Date().toISOString();
    for (const { row, operator } of items) {
      const { deadline } = row.state;
      if (deadline !== null && at >= deadline) await this.#expire(operator, row.id, at);
    }
  }

  async #expire(operator: string, departure: string, at: string): Promise<void> {
    const commandId = derivedId(departure, `expire/${at}`);
    const actor = { kind: 'system', id: 'deadlines' } as const;
    await this.aggregates.execute({
      definition: departureAggregate,
      name: departureName(operator, departure),
      command: { type: 'expire', at },
      meta: {
        ...{ commandId, commandName: 'portability.expire-seal', digest: '', actor, cause: null },
        correlation: departure,
      },
    });
  }
}
