import type { Operation, ParamsOf, ReplyOf } from '@freehold/kernel';
import { Problem } from '@freehold/kernel';
import { SeenPositions } from '@freehold/platform/testing';
import { eventually } from '@freehold/supervisor/testing';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';

/** What a query string can carry. */
const Parameter = z.union([z.string(), z.number(), z.boolean()]).optional();

/** What a call sends. `params` and `body` as before parsing: defaults may be left out. */
export interface Call<Row extends Operation> {
  readonly params?: ParamsOf<Row>;
  readonly body?: Row extends Operation<z.ZodType, infer B, z.ZodType> ? z.input<B> : never;
  /** Default: the client's own. `null`: no credential. */
  readonly key?: string | null;
  /** Default: a new one per call, for what changes something. */
  readonly idempotencyKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default 30 s. */
  readonly timeoutMs?: number;
}

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  /** Of `Freehold-Position`, for `after`. */
  readonly position: string | null;
}
export interface Done<Row> extends Answered {
  readonly kind: 'done';
  readonly reply: ReplyOf<Row>;
}
export interface Refused extends Answered {
  readonly kind: 'problem';
  readonly problem: Problem;
}
export type Answer<Row> = Done<Row> | Refused;

/** A call was answered with a problem where the caller counted on success. */
export class UnexpectedProblem extends Error {
  override readonly name = 'UnexpectedProblem';
  constructor(
    readonly operation: string,
    readonly problem: Problem,
  ) {
    const findings = problem.errors.map(({ code, pointer, detail }) => `${code} ${pointer} ${detail}`).join('; ');
    super(`${operation}: ${problem.status} ${problem.title} ${problem.detail ?? ''} ${findings}`.trimEnd());
  }
}

/** What is told to come again later (503) is asked again for so long: a slow machine is no refusal. */
const PATIENCE_MS = 60_000;

/**
 * The operations table over HTTP, without retries but in `settled`: what tests ask is what goes out, but that a question which
 * names no moment is asked `after` everything that was answered here before.
 */
export class OperationsClient {
  constructor(
    readonly address: string,
    readonly key: string | null,
    private readonly seen = new SeenPositions(),
  ) {}

  as(key: string | null): OperationsClient {
    return new OperationsClient(this.address, key, this.seen);
  }

  /** @throws TypeError (of fetch) when nobody answers. */
  async call<Row extends Operation>(row: Row, call: Call<Row> = {}): Promise<Answer<Row>> {
    const response = await fetch(this.#url(row, call), {
      ...this.#request(row, call),
      signal: AbortSignal.timeout(call.timeoutMs ?? 120_000),
    });
    const { status, headers } = response;
    const answered = { status, headers, position: headers.get('freehold-position') };
    this.seen.saw(answered.position);
    const content: unknown = await response.json();
    if (status >= 400) return { ...answered, kind: 'problem', problem: Problem.parse(content) };
    return { ...answered, kind: 'done', reply: row.reply.parse(content) as ReplyOf<Row> };
  }

  /** An answer that is not 503 with Retry-After, asked for with the same key each time; after a minute even that. */
  async settled<Row extends Operation>(row: Row, call: Call<Row> = {}): Promise<Answer<Row>> {
    const asked = { ...call, idempotencyKey: call.idempotencyKey ?? randomUUID() };
    const answers: Answer<Row>[] = [];
    const isSettled = async (): Promise<boolean> => {
      answers[0] = await this.call(row, asked);
      return !isLater(answers[0]);
    };
    await eventually(isSettled, { timeoutMs: PATIENCE_MS, intervalMs: 1_000 });
    const [answer] = answers;
    if (answer === undefined) throw new Error(`${row.id} was not asked`);
    return answer;
  }

  /** @throws UnexpectedProblem */
  async done<Row extends Operation>(row: Row, call: Call<Row> = {}): Promise<ReplyOf<Row>> {
    const answer = await this.call(row, call);
    if (answer.kind === 'problem') throw new UnexpectedProblem(row.id, answer.problem);
    return answer.reply;
  }

  #request<Row extends Operation>(row: Row, call: Call<Row>): RequestInit {
    const key = call.key === undefined ? this.key : call.key;
    const changes = row.kind === 'command';
    return {
      method: row.http?.method ?? 'GET',
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(changes ? { 'idempotency-key': call.idempotencyKey ?? randomUUID() } : {}),
        ...(changes ? { 'content-type': 'application/json' } : {}),
        ...call.headers,
      },
      ...(changes ? { body: JSON.stringify(call.body ?? {}) } : {}),
    };
  }

  #url<Row extends Operation>(row: Row, { params, body }: Call<Row>): URL {
    if (row.http === undefined) throw new Error(`${row.id} is not on HTTP; call it over NATS`);
    const given = Object.entries(params ?? {});
    const path = given.reduce(
      (text, [name, value]) => text.replace(`{${name}}`, encodeURIComponent(String(value))),
      row.http.path as string,
    );
    const url = new URL(path, this.address);
    if (row.kind === 'query')
      for (const [name, value] of Object.entries(
        z.record(z.string(), Parameter).parse(this.seen.asking(row, body ?? {})),
      ))
        if (value !== undefined) url.searchParams.set(name, String(value));
    return url;
  }
}

const isLater = ({ status, headers }: Answered): boolean => status === 503 && headers.has('retry-after');
