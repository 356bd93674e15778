import { movable } from '@freehold/deployment-contract';
import { Observations, OperationClient, processPrincipal } from '@freehold/platform';
import type { UnitObservation } from '@freehold/provisioning-contract';
import { Inject, Injectable } from '@nestjs/common';
import type { Place } from './departures.js';

type Departing = Place & { deployment: string };
interface Seen {
  environment: string;
  activity: string | null;
}

/**
 * Whether captures get on, by what the hosts say of their work: what says the same as at the last look does not. It is
 * remembered from one look to the next only, so that a restart counts once as getting on.
 */
@Injectable()
export class CaptureProgress {
  #seen = new Map<string, Seen>();

  constructor(
    @Inject(OperationClient) private readonly client: OperationClient,
    @Inject(Observations) private readonly observations: Observations<UnitObservation>,
  ) {}

  /** Those that got on since the last look. */
  async look(departing: readonly Departing[]): Promise<ReadonlySet<string>> {
    const before = this.#seen;
    this.#seen = new Map();
    const gotOn = new Set<string>();
    for (const each of departing) {
      const environment = before.get(each.departure)?.environment ?? (await this.#environmentOf(each));
      if (environment === null) continue;
      const activity = (await this.observations.of(environment))?.activity ?? null;
      this.#seen.set(each.departure, { environment, activity });
      if (activity !== null && activity !== before.get(each.departure)?.activity) gotOn.add(each.departure);
    }
    return gotOn;
  }

  async #environmentOf({ operator, departure, deployment }: Departing): Promise<string | null> {
    const principal = processPrincipal(operator, departure);
    const shown = await this.client.call(movable, { params: { operator }, body: { deployment }, principal });
    return shown.kind === 'done' ? shown.reply.environment : null;
  }
}
