import { AckPolicy, jetstream, JetStreamApiError, jetstreamManager, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { setTimeout as pause } from 'node:timers/promises';
import type { z } from 'zod';
import { log } from '../logging/logging.js';
import { JOBS_STREAM } from './jobs.js';

/** How long a job of an agent that was killed lies until it is given out again. */
const ACK_WAIT_MS = 10_000;
const HEARTBEAT_MS = 3_000;
/** JetStream's error code when a consumer of this name is there with another configuration. */
const CONSUMER_DIFFERS = 10_148;
const RETRY_MS = 500;
const AT_ONCE = 16;
/** An ending agent waits so long for jobs to notice; an installation that goes on is swept up by the next one. */
const LET_GO_MS = 5_000;

export interface JobConsumerOptions<Job> {
  readonly connection: NatsConnection;
  /** Second token of the jobs' subjects. */
  readonly host: string;
  /** The durable consumer's name. */
  readonly durable: string;
  readonly schema: z.ZodType<Job>;
  readonly run: (job: Job, signal: AbortSignal) => Promise<void>;
  /** Default 16. */
  readonly atOnce?: number;
}

/**
 * Takes this host's jobs from the work queue, through its durable consumer (the only durable one there is). A job is
 * acknowledged when its outcome was answered; until then the queue hears that somebody works on it, and gives it out
 * again when it does not.
 */
export class JobConsumer<Job> {
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #loop: Promise<void> = Promise.resolve();

  constructor(private readonly options: JobConsumerOptions<Job>) {}

  start(): void {
    this.#loop = this.#forEver();
  }

  /** What runs is let go of; it comes again. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the agent ends; the job comes again'));
    await this.#loop;
    await Promise.race([Promise.allSettled(this.#running), pause(LET_GO_MS, undefined, { ref: false })]);
  }

  async #forEver(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.#consume(signal);
      } catch (error) {
        if (!signal.aborted) log().warn({ err: error, stream: JOBS_STREAM }, 'jobs cannot be taken yet');
      }
      await pause(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #consume(signal: AbortSignal): Promise<void> {
    const durable = await this.#ensureConsumer();
    const consumer = await jetstream(this.options.connection).consumers.get(JOBS_STREAM, durable);
    const messages = await consumer.consume({
      max_messages: this.options.atOnce ?? AT_ONCE,
      abort_on_missing_resource: true,
    });
    const stop = () => messages.stop();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      for await (const message of messages) {
        const work = this.#handle(message, signal);
        this.#running.add(work);
        void work.finally(() => this.#running.delete(work));
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Makes the durable consumer, or brings one that an earlier version made up to date; answers its name. */
  async #ensureConsumer(): Promise<string> {
    const { durable, host, atOnce = AT_ONCE } = this.options;
    const { consumers } = await jetstreamManager(this.options.connection, { checkAPI: false });
    const changeable = { ack_wait: ACK_WAIT_MS * 1e6, max_ack_pending: atOnce };
    const fixed = { filter_subject: `job.${host}.>`, ack_policy: AckPolicy.Explicit };
    try {
      await consumers.add(JOBS_STREAM, { durable_name: durable, ...fixed, ...changeable });
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== CONSUMER_DIFFERS) throw error;
      await consumers.update(JOBS_STREAM, durable, changeable);
    }
    return durable;
  }

  async #handle(message: JsMsg, signal: AbortSignal): Promise<void> {
    const heartbeat = setInterval(() => message.working(), HEARTBEAT_MS);
    try {
      const job = this.options.schema.safeParse(readJson(message));
      if (job.success) await this.options.run(job.data, signal);
      else log().error({ err: job.error, subject: message.subject }, 'a job cannot be read; it is passed over');
      message.ack();
    } catch (error) {
      if (!signal.aborted) log().error({ err: error, subject: message.subject }, 'a job is tried again');
      message.nak(signal.aborted ? 0 : RETRY_MS);
    } finally {
      clearInterval(heartbeat);
    }
  }
}

function readJson(message: JsMsg): unknown {
  try {
    return message.json();
  } catch {
    return undefined;
  }
}
