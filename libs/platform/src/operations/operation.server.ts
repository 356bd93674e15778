import { contextOf, type Operation } from '@freehold/kernel';
import { BaseRpcContext, type MessageHandler, Server } from '@nestjs/microservices';
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import { lastValueFrom } from 'rxjs';
import { log, withLogContext } from '../logging/logging.js';
import { inSpan, SpanKind } from '../tracing/span.js';
import { OPERATION_TRANSPORT } from './operation.decorator.js';
import { admit, type AdmissionOptions, type Admitted, type Arrived } from './admission.js';
import { outcomeOf } from './failures.js';
import type { OperationRequest } from './operation-request.js';
import { type Failed, failed, type Outcome } from './outcome.js';
import { settledWithin } from '../service/settled-within.js';
import { encodeReply } from './reply-encoding.js';

/** Without a server there is nobody to say good-bye to. */
const DRAIN_MS = 3_000;

export interface OperationServerOptions extends AdmissionOptions {
  connection: NatsConnection;
  /** Requests at once; above it a request is answered `unavailable`. Default 500. */
  maxInFlight?: number;
}

/**
 * Nest strategy: answers `op.<context>.<operation>[.check]` from core NATS, replicas sharing a queue group per context.
 *
 * A handler runs only for an admitted request (principal, isolation, permission, schemas). Every request is answered
 * with an `OperationReply`; exceptions by the table in failures.ts. On a crash the caller sees silence.
 */
export class OperationServer extends Server {
  readonly #subscriptions: Subscription[] = [];
  readonly #inFlight = new Set<Promise<void>>();

  constructor(private readonly options: OperationServerOptions) {
    super();
    this.setTransportId(OPERATION_TRANSPORT);
  }

  override addHandler(pattern: string, handler: MessageHandler, isEvent = false, extras: Record<string, unknown> = {}) {
    if (this.messageHandlers.has(pattern)) throw new Error(`Two handlers are marked with the operation ${pattern}`);
    super.addHandler(pattern, handler, isEvent, extras);
  }

  listen(callback: (error?: unknown) => void): void {
    for (const [subject, handler] of this.messageHandlers) {
      const row = handler.extras?.['row'] as Operation;
      const check = subject === `op.${row.id}.check`;
      const taken = (error: Error | null, message: Msg): void => {
        if (error !== null) return log().error({ err: error, subject }, 'a subscription failed');
        this.#take({ row, check, handler, message });
      };
      this.#subscriptions.push(this.options.connection.subscribe(subject, { queue: contextOf(row), callback: taken }));
    }
    callback();
  }

  /** Takes nothing new, and ends when everything taken is answered. */
  async close(): Promise<void> {
    const drained = Promise.allSettled(this.#subscriptions.splice(0).map(async (each) => each.drain()));
    await settledWithin(drained, DRAIN_MS);
    await Promise.allSettled([...this.#inFlight]);
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  on(): never {
    throw new Error('OperationServer emits no events');
  }

  unwrap<T>(): T {
    return this.options.connection as T;
  }

  #take(call: Call): void {
    if (this.#inFlight.size >= (this.options.maxInFlight ?? 500)) {
      const busy = failed('unavailable', 'This service has too much to do at the moment. Try again shortly.');
      call.message.respond(encodeReply(call.row, busy, ''));
      return;
    }
    const work = this.#answer(call).finally(() => this.#inFlight.delete(work));
    this.#inFlight.add(work);
  }

  async #answer(call: Call): Promise<void> {
    const { row, message } = call;
    const admitted = await admit(call, this.options).catch((error: unknown): Admitted => {
      log().error({ err: error, operation: row.id }, 'a request could not be judged');
      return { kind: 'answered', outcome: outcomeOf(error), correlation: '' };
    });
    const outcome = admitted.kind === 'answered' ? admitted.outcome : await this.#run(call, admitted.request);
    const correlation = admitted.kind === 'answered' ? admitted.correlation : admitted.request.correlation;
    try {
      message.respond(encodeReply(row, outcome, correlation));
    } catch (error) {
      log().error({ err: error, operation: row.id, correlation }, 'an answer could not be sent');
    }
  }

  #run({ row, handler, message }: Call, request: OperationRequest): Promise<Outcome<unknown>> {
    const { correlation, traceparent } = request;
    const span = { kind: SpanKind.SERVER, traceparent, attributes: { 'freehold.correlation': correlation } };
    return withLogContext({ correlation, operation: row.id }, () =>
      inSpan(`op.${row.id}`, span, async (passedOn) => {
        const context = new BaseRpcContext([message.subject]);
        const work = async () => {
          const result: unknown = await handler({ ...request, traceparent: passedOn }, context);
          return lastValueFrom(this.transformToObservable(result)) as Promise<Outcome<unknown>>;
        };
        return Promise.race([work(), overdue(request)]);
      }).catch((error: unknown) => {
        const outcome = outcomeOf(error);
        log().error({ err: error, outcome: outcome.reason }, 'an operation failed');
        return outcome;
      }),
    );
  }
}

interface Call extends Arrived {
  handler: MessageHandler;
}

/** Nobody waits any longer: the place is free for another request, whatever becomes of this one. */
const overdue = ({ signal, row }: OperationRequest): Promise<Failed> =>
  new Promise((resolve) => {
    const answer = failed(row.kind === 'query' ? 'unavailable' : 'outcome-unknown', 'It took too long.');
    signal.addEventListener('abort', () => resolve(answer), { once: true });
  });
