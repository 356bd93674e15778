import { type Operation, Position, Problem, type ReplyOf } from '@freehold/kernel';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { AnswerLost, NotReached, ProblemAnswered, wasNotSent } from './api-failures.js';
import { type HttpRequest, httpRequestOf } from './http-request.js';

export interface ApiCall<Row extends Operation> {
  params: z.input<Row['params']>;
  body: z.input<Row['body']>;
  /** Of a change; made when it is not given. */
  idempotencyKey?: string | undefined;
  /** Seconds that a query is allowed to wait for a change; sent as part of its body. */
  waitS?: number;
  /** Default: until it is answered. */
  signal?: AbortSignal;
}

export interface Answered<Reply> {
  reply: Reply;
  position: Position | null;
  /** Path of the process, of long work. */
  location: string | null;
}

export interface ApiClientOptions {
  address: string;
  key: string;
  /** How long what is unavailable is asked again, and what may have happened sent again with its key, since the first failure. Default 10 s. */
  patienceMs?: number;
}

const TIMEOUT_MS = 20_000;
const PAUSE_MS = 400;

/** What `GET /health` answers; details only to who may see them. */
const CellHealth = z.object({
  status: z.string(),
  services: z.record(
    z.string(),
    z.object({ status: z.string(), details: z.record(z.string(), z.unknown()).optional() }),
  ),
});
export type CellHealth = z.infer<typeof CellHealth>;

/** Calls operations over HTTP, with the replies typed by the table's rows. */
export class ApiClient {
  constructor(private readonly options: ApiClientOptions) {}

  get address(): string {
    return this.options.address;
  }

  /**
   * @throws ProblemAnswered for whatever is not 2xx, NotReached when nobody listens, AnswerLost when the connection broke.
   */
  async call<Row extends Operation>(row: Row, call: ApiCall<Row>): Promise<Answered<ReplyOf<Row>>> {
    const idempotencyKey = row.kind === 'command' ? (call.idempotencyKey ?? randomUUID()) : undefined;
    const request = httpRequestOf(row, Object(call.params), Object(call.body));
    const { patienceMs = 10_000 } = this.options;
    for (let until = Infinity; ;) {
      try {
        return await this.#once(row, request, { ...call, idempotencyKey });
      } catch (error) {
        if (!isWorthRepeating(error) || Date.now() > until || call.signal?.aborted === true) throw error;
        // From here on: the answer itself may have taken longer, as of a question that waits for a change.
        until = Math.min(until, Date.now() + patienceMs);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }

  /** How the services are; answered with 503 too. @throws NotReached, AnswerLost */
  async health(): Promise<CellHealth> {
    const response = await this.#send(
      { method: 'GET', path: '/health', body: undefined },
      undefined,
      patience(0, undefined),
    );
    return CellHealth.parse(await response.json());
  }

  async #once<Row extends Operation>(
    row: Row,
    request: HttpRequest,
    { idempotencyKey, waitS = 0, signal }: Pick<ApiCall<Row>, 'idempotencyKey' | 'waitS' | 'signal'>,
  ): Promise<Answered<ReplyOf<Row>>> {
    const response = await this.#send(request, idempotencyKey, patience(waitS + (row.patienceS ?? 0), signal));
    const text = await response.text().catch((error: unknown) => {
      throw new AnswerLost(this.options.address, idempotencyKey, error);
    });
    const answered = jsonOf(text);
    if (!response.ok) throw new ProblemAnswered(problemOf(answered, response), idempotencyKey);
    const reply = row.reply.parse(answered) as ReplyOf<Row>;
    const position = Position.safeParse(response.headers.get('freehold-position')).data ?? null;
    return { reply, position, location: response.headers.get('location') };
  }

  async #send({ method, path, body }: HttpRequest, idempotencyKey: string | undefined, signal: AbortSignal) {
    const { address, key } = this.options;
    const headers = {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    };
    try {
      return await fetch(`${address}${path}`, { method, headers, signal, ...(body === undefined ? {} : { body }) });
    } catch (error) {
      if (wasNotSent(error)) throw new NotReached(address, error);
      throw new AnswerLost(address, idempotencyKey, error);
    }
  }
}

const patience = (waitS: number, signal: AbortSignal | undefined): AbortSignal => {
  const overdue = AbortSignal.timeout(TIMEOUT_MS + waitS * 1_000);
  return signal === undefined ? overdue : AbortSignal.any([overdue, signal]);
};

/** Nothing happened, or sending the same key again has one effect. */
const isWorthRepeating = (error: unknown): boolean =>
  error instanceof AnswerLost || (error instanceof ProblemAnswered && error.problem.status === 503);

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const problemOf = (answered: unknown, response: Response): Problem =>
  Problem.safeParse(answered).data ?? {
    type: 'about:blank',
    title: `It answered ${response.status} ${response.statusText}, which is not the API’s way`,
    status: response.status,
    hint: 'Check that the address is that of a Freehold API.',
    errors: [],
    correlationId: response.headers.get('freehold-correlation-id') ?? '',
  };
