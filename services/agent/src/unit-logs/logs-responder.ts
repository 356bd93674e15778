import { Id, may, type Principal } from '@freehold/kernel';
import { log, type SignerKeys, verifyPrincipal } from '@freehold/platform';
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import { z } from 'zod';
import type { RuntimeBackend } from '../backend/runtime-backend.js';
import type { Reconciler } from '../reconciler/reconciler.js';
import { LogTail } from './log-tail.js';

/** As in every request of the platform. */
const PRINCIPAL_HEADER = 'Freehold-Principal';
const MAX_WAIT_S = 20;
const MAX_LINES = 1_000;
const ANSWER_LIMIT_BYTES = 512 * 1024;
const IDLE_MS = 60_000;

/** `wait` in seconds. `cursor`: where an earlier answer ended. */
export const LogsRequest = z.object({
  operator: Id,
  environment: Id,
  lines: z.int().positive().max(MAX_LINES).default(200),
  cursor: z.string().max(64).nullable().default(null),
  wait: z.number().min(0).max(MAX_WAIT_S).default(0),
});
export const LogsAnswer = z.union([
  z.object({ lines: z.array(z.string()), cursor: z.string() }),
  /** Also where there is something that is not the asker's. */
  z.object({ refused: z.enum(['not-found', 'invalid']) }),
]);
export type LogsAnswer = z.infer<typeof LogsAnswer>;

/** Answers `agent.<host>.logs`. Only for who may read logs of the operator to which the environment belongs. */
export class LogsResponder {
  readonly #tails = new Map<string, { readonly tail: LogTail; timer: NodeJS.Timeout }>();
  #subscription: Subscription | undefined;

  constructor(
    private readonly backend: RuntimeBackend,
    private readonly reconciler: Pick<Reconciler, 'lane'>,
    private readonly signerKeys: SignerKeys,
  ) {}

  start(connection: NatsConnection, host: string): void {
    this.#subscription = connection.subscribe(`agent.${host}.logs`);
    void this.#respondAll(this.#subscription);
  }

  close(): void {
    this.#subscription?.unsubscribe();
    for (const environment of [...this.#tails.keys()]) this.#letGo(environment);
  }

  /** Askers may wait long, so they are answered at the same time. */
  async #respondAll(subscription: Subscription): Promise<void> {
    for await (const message of subscription) void this.#respond(message);
  }

  async #respond(message: Msg): Promise<void> {
    try {
      message.respond(JSON.stringify(await this.#answer(message)));
    } catch (error) {
      log().warn({ err: error }, 'logs could not be answered');
    }
  }

  async #answer(message: Msg): Promise<LogsAnswer> {
    const principal = await verifyPrincipal(this.signerKeys, message.headers?.get(PRINCIPAL_HEADER) ?? '');
    const request = LogsRequest.safeParse(readJson(message));
    if (!request.success) return { refused: principal === null ? 'not-found' : 'invalid' };
    const { operator, environment, lines: count, cursor, wait } = request.data;
    const record = this.reconciler.lane(environment)?.record;
    if (principal === null || !mayRead(principal, operator) || record === undefined || record.operator !== operator) {
      return { refused: 'not-found' };
    }
    const tail = this.#tail(environment, record.configured?.units.map(({ name }) => name) ?? []);
    await tail.ready;
    const from = lineOf(tail, cursor) ?? Math.max(0, tail.end - count);
    await tail.wait(from, wait * 1000);
    const { lines, next } = tail.read(from, count);
    const fitting = withinLimit(lines);
    return { lines: fitting, cursor: `${tail.id}.${next - lines.length + fitting.length}` };
  }

  #tail(environment: string, units: readonly string[]): LogTail {
    const kept = this.#tails.get(environment);
    const timer = setTimeout(() => this.#letGo(environment), IDLE_MS).unref();
    if (kept !== undefined) {
      clearTimeout(kept.timer);
      kept.timer = timer;
      return kept.tail;
    }
    const tail = new LogTail(this.backend, environment, units);
    this.#tails.set(environment, { tail, timer });
    return tail;
  }

  #letGo(environment: string): void {
    const kept = this.#tails.get(environment);
    if (kept === undefined) return;
    clearTimeout(kept.timer);
    kept.tail.close();
    this.#tails.delete(environment);
  }
}

/** A process of the cell, or a credential whose role may, for its own operator. */
function mayRead({ role, operator }: Principal, wanted: string): boolean {
  return operator === wanted && (role === 'process' || may(role, 'deployment:logs'));
}

function lineOf(tail: LogTail, cursor: string | null): number | undefined {
  const [id, line] = cursor?.split('.') ?? [];
  return id === tail.id && /^\d+$/.test(line ?? '') ? Number(line) : undefined;
}

/** An answer is one message. */
function withinLimit(lines: readonly string[]): string[] {
  let sizeBytes = 0;
  return lines.filter((line) => {
    sizeBytes += Buffer.byteLength(line) + 8;
    return sizeBytes <= ANSWER_LIMIT_BYTES;
  });
}

function readJson(message: Msg): unknown {
  try {
    return message.json();
  } catch {
    return undefined;
  }
}
