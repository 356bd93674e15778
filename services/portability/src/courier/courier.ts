/**
 * Speaks to the source for an arrival: seals, asks for the tenure, gives it back. It takes its tasks from the work queue
 * and answers with a command; each is repeated with the same request id until the source has said how it ends, so that a
 * crash on either side, or a cut line, is only a delay.
 *
 *     job.courier.<arrival> ──▶ request(s) to the source ──▶ record-source-answer ──▶ the process goes on
 */
import { PeerFailure } from '@freehold/peer';
import {
  derivedId,
  JobConsumer,
  log,
  NATS_CONNECTION,
  OperationClient,
  processPrincipal,
  Unavailable,
} from '@freehold/platform';
import { CourierJob, recordSourceAnswer } from '@freehold/portability-contract';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import { setTimeout as pause } from 'node:timers/promises';
import { Arrivals } from '../arrival/arrivals.js';
import type { Accepted } from '../arrival/domain/arrival.js';
import { Source, SourceBrokeItsWord, SourceRefused } from '../arrival/source.js';
import { type ErrandParts, runErrand } from './errands.js';

const HOST = 'courier';
const PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;

@Injectable()
export class Courier implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #jobs: JobConsumer<CourierJob>;

  constructor(
    @Inject(NATS_CONNECTION) connection: NatsConnection,
    @Inject(OperationClient) private readonly client: OperationClient,
    @Inject(Arrivals) private readonly arrivals: Arrivals,
    @Inject(Source) private readonly source: Source,
  ) {
    const run = (job: CourierJob, signal: AbortSignal) => this.#run(job, signal);
    this.#jobs = new JobConsumer({ connection, host: HOST, durable: HOST, schema: CourierJob, run });
  }

  onApplicationBootstrap(): void {
    this.#jobs.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#jobs.close();
  }

  async #run(job: CourierJob, signal: AbortSignal): Promise<void> {
    const accepted = await this.arrivals.accepted(job.operator, job.arrival);
    if (accepted === null) return log().error({ job: job.id }, 'an errand for an arrival that is not there');
    const outcome = await this.#untilKnown(this.#parts(job, accepted, signal));
    signal.throwIfAborted();
    const answered = await this.client.call(recordSourceAnswer, {
      params: { operator: job.operator },
      body: { arrival: job.arrival, job: job.id, outcome },
      principal: processPrincipal(job.operator, job.arrival),
      commandId: derivedId(job.id, 'answer'),
    });
    if (answered.kind !== 'done') throw new Unavailable('portability');
  }

  /** The same again, with growing pauses, while nobody answers; a refusal is an end. */
  async #untilKnown(parts: ErrandParts) {
    const { signal } = parts;
    for (let waitMs = PAUSE_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_PAUSE_MS)) {
      try {
        return { kind: 'answered', answer: await runErrand(parts) } as const;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof SourceRefused || error instanceof SourceBrokeItsWord) {
          return { kind: 'failed', findings: error.findings.slice(0, 50) } as const;
        }
        if (!(error instanceof PeerFailure || error instanceof Unavailable)) throw error;
        log().warn({ err: error, waitMs }, 'the source does not answer yet');
      }
      await pause(waitMs, undefined, { signal });
    }
  }

  #parts(job: CourierJob, accepted: Accepted, signal: AbortSignal): ErrandParts {
    return {
      job,
      accepted,
      signal,
      source: this.source,
      client: this.client,
    };
  }
}
