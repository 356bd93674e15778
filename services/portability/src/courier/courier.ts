/**
 * Speaks to other providers for the processes: to the source for an arrival, to the home of a name for a departure. It
 * takes its tasks from the work queue and answers with a command; each is repeated with the same request id until the
 * other side has said how it ends, so that a crash on either side, or a cut line, is only a delay.
 *
 *     job.courier.<arrival>   ──▶ request(s) to the source ──▶ record-source-answer ──▶ the process goes on
 *     job.courier.<departure> ──▶ request to the home ──▶ record-home-answer ──▶ the process goes on
 */
import { JobConsumer, NATS_CONNECTION } from '@freehold/platform';
import { CourierJob } from '@freehold/portability-contract';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import { COURIER } from '../processes/domain/courier-host.js';
import { ArrivalErrands } from './arrival-errands.js';
import { DepartureErrands } from './departure-errands.js';

/** An errand to a provider that is gone waits for long, and must not be in the way of the others'. */
const AT_ONCE = 1_000;

@Injectable()
export class Courier implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #jobs: JobConsumer<CourierJob>;

  constructor(
    @Inject(NATS_CONNECTION) connection: NatsConnection,
    @Inject(ArrivalErrands) arrivals: ArrivalErrands,
    @Inject(DepartureErrands) departures: DepartureErrands,
  ) {
    const run = (job: CourierJob, signal: AbortSignal) =>
      'arrival' in job ? arrivals.run(job, signal) : departures.run(job, signal);
    const named = { host: COURIER, durable: COURIER };
    this.#jobs = new JobConsumer({ connection, ...named, schema: CourierJob, run, atOnce: AT_ONCE });
  }

  onApplicationBootstrap(): void {
    this.#jobs.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#jobs.close();
  }
}
