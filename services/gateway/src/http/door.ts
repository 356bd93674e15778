import type { Operation, Principal } from '@freehold/kernel';
import {
  type CallOptions,
  type Done,
  newTraceparent,
  OperationClient,
  parseInput,
  parseTraceparent,
  refusedWith,
} from '@freehold/platform';
import { Inject, Injectable } from '@nestjs/common';
import { v5 as uuidV5 } from 'uuid';
import { etagOf, idempotencyKeyOf, ifMatchOf, preferredWaitOf } from '../domain/request-headers.js';
import { Problems } from '../problems/problems.js';
import { admitToOperation } from './authentication.js';
import { correlationOf, headerOf, type HttpRequest, type HttpResponse, POSITION_HEADER, send } from './exchange.js';
import { Identification } from './identification.js';
import { longestWaitOf } from './longest-wait.js';
import { PEER_CHALLENGE } from './peer-authentication.js';

/** How long a service has for its answer, without what the caller wants to wait besides. */
const TIMEOUT_MS = 15_000;
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json *(?:;|$)/i;

/**
 * From an HTTP request to an operation and back. The order tells strangers least: who, whose, may they, and only then
 * what is wrong with the request.
 */
@Injectable()
export class Door {
  constructor(
    @Inject(Identification) private readonly identification: Identification,
    @Inject(OperationClient) private readonly client: OperationClient,
    @Inject(Problems) private readonly problems: Problems,
  ) {}

  async answer(row: Operation, request: HttpRequest, response: HttpResponse): Promise<void> {
    const { params } = request;
    const identified = await this.identification.caller(row, request, correlationOf(response));
    const challenge = row.scope === 'peer' ? PEER_CHALLENGE : {};
    if (identified.kind !== 'known') return this.problems.sendOutcome(response, identified, challenge);
    const admitted = admitToOperation(row, identified.principal, params);
    if (admitted.kind !== 'known') return this.problems.sendOutcome(response, admitted);
    const call = this.#read(row, admitted.principal, { request, response });
    if (call === null) return;
    const answered = await this.client.call(row, call);
    if (answered.kind === 'done') sendDone(row, response, answered);
    else this.problems.sendOutcome(response, answered);
  }

  /** Null: the problem is answered. */
  #read(row: Operation, principal: Principal | null, { request, response }: Exchange): CallOptions<Operation> | null {
    const { params } = request;
    const key = idempotencyKeyOf(headerOf(request, 'idempotency-key'));
    const refuse = (code: 'idempotency-key-missing' | 'media-type-unsupported'): null => {
      this.problems.send(response, code);
      return null;
    };
    if (row.kind === 'command' && key === null) return refuse('idempotency-key-missing');
    if (row.kind === 'command' && hasForeignBody(request)) return refuse('media-type-unsupported');
    const ifMatch = ifMatchOf(headerOf(request, 'if-match'));
    if ('finding' in ifMatch) {
      this.problems.send(response, 'malformed-request', { errors: [ifMatch.finding] });
      return null;
    }
    const { body, waitS } = bodyOf(row, request);
    const { findings } = parseInput(row, params, body);
    if (findings.length > 0) {
      this.problems.sendOutcome(response, refusedWith(findings));
      return null;
    }
    if (waitS > 0) response.setHeader('Preference-Applied', `wait=${waitS}`);
    const trace = headerOf(request, 'traceparent');
    return {
      params,
      body,
      ...(principal === null ? {} : { principal }),
      // What is open to everybody changes nothing: the client refuses a command without an id.
      ...(key === null || principal === null ? {} : { commandId: commandIdOf(row, principal, key) }),
      correlation: correlationOf(response),
      ifMatch: ifMatch.value,
      traceparent: parseTraceparent(trace) === undefined ? newTraceparent() : trace,
      timeoutMs: TIMEOUT_MS + (waitS + (row.patienceS ?? 0)) * 1_000,
    };
  }
}

interface Exchange {
  request: HttpRequest;
  response: HttpResponse;
}

/** Of queries the query string, with `Prefer: wait` for those that can wait; of commands the JSON body. */
function bodyOf(row: Operation, request: HttpRequest): { body: unknown; waitS: number } {
  if (row.kind === 'command') return { body: request.body ?? {}, waitS: 0 };
  const query = { ...request.query };
  const preferred = preferredWaitOf(headerOf(request, 'prefer'));
  const longest = longestWaitOf(row);
  if (preferred !== null && longest > 0 && query['wait'] === undefined) {
    const waitS = Math.min(preferred, longest);
    return { body: { ...query, wait: String(waitS) }, waitS };
  }
  const asked = Number(query['wait'] ?? 0);
  return { body: query, waitS: Number.isFinite(asked) ? Math.max(0, Math.min(asked, longest)) : 0 };
}

/** The same credential or provider, operator, operation and key are the same command. */
const commandIdOf = (row: Operation, { actor, operator }: Principal, key: string): string =>
  uuidV5(`${operator}\n${row.id}\n${key}`, actor.kind === 'peer' ? uuidV5(actor.id, uuidV5.URL) : actor.id);

const hasForeignBody = (request: HttpRequest): boolean =>
  (request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0) &&
  !JSON_TYPE.test(headerOf(request, 'content-type') ?? '');

function sendDone(row: Operation, response: HttpResponse, { reply, etag, position, location }: Done<unknown>): void {
  const headers = {
    ...(etag === null ? {} : { ETag: etagOf(etag) }),
    ...(position === null ? {} : { [POSITION_HEADER]: position }),
    ...(location === null ? {} : { Location: location }),
    ...(row.maxAgeS === undefined ? {} : { 'Cache-Control': `public, max-age=${row.maxAgeS}` }),
  };
  const status = row.longWork === true ? 202 : 200;
  send(response, { status, contentType: 'application/json', body: JSON.stringify(reply), headers });
}
