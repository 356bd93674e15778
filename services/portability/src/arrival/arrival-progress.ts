import { PeerFailure } from '@freehold/peer';
import { derivedId, log, Observations, RegularLook, Views } from '@freehold/platform';
import type { UnitObservation } from '@freehold/provisioning-contract';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Arrivals } from './arrivals.js';
import { PeerRefused } from '../provider/peer-answer.js';
import { Source } from './source.js';
import { arrivalView } from './views/arrival.view.js';

const LOOK_EVERY_MS = 30_000;
const AT_ONCE = 200;
const TOLD_WITHIN_MS = 10_000;

/**
 * Tells sources that an arrival gets on, so that their seals' deadlines move along: only when what the agent says of its
 * work has changed since the last look. An arrival that hangs says nothing, and the source opens again.
 */
@Injectable()
export class ArrivalProgress implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #regular = new RegularLook(() => this.#look(), {
    everyMs: LOOK_EVERY_MS,
    failed: 'arrivals cannot be looked at yet',
  });
  #seen = new Map<string, string>();

  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(Observations) private readonly observations: Observations<UnitObservation>,
    @Inject(Arrivals) private readonly arrivals: Arrivals,
    @Inject(Source) private readonly source: Source,
  ) {}

  onApplicationBootstrap(): void {
    this.#regular.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.#regular.stop();
  }

  async #look(): Promise<void> {
    const { items } = await this.views.of(arrivalView).list({ where: { open: [1] }, limit: AT_ONCE });
    const now = new Map<string, string>();
    for (const { row, operator } of items) {
      const accepted = await this.arrivals.accepted(operator, row.id);
      const activity = accepted && (await this.observations.of(accepted.environment))?.activity;
      if (accepted === null || typeof activity !== 'string') continue;
      now.set(row.id, activity);
      if (this.#seen.get(row.id) !== activity) await this.#tell(accepted, activity);
    }
    this.#seen = now;
  }

  async #tell(accepted: NonNullable<Awaited<ReturnType<Arrivals['accepted']>>>, activity: string): Promise<void> {
    const idempotencyKey = derivedId(accepted.departure, `${activity}/${new Date().toISOString()}`);
    const options = { idempotencyKey, signal: AbortSignal.timeout(TOLD_WITHIN_MS) };
    try {
      await this.source.change(accepted, '/progress', { bytes: 0, files: 0 }, options);
    } catch (error) {
      if (!(error instanceof PeerFailure || error instanceof PeerRefused)) throw error;
      log().debug({ err: error }, 'the source could not be told that an arrival gets on');
    }
  }
}
