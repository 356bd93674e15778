import { type Operation, OperationReply, operationSubject, type Principal, type ReplyOf } from '@freehold/kernel';
import { headers as natsHeaders, type MsgHdrs, type NatsConnection, RequestError } from '@nats-io/transport-node';
import { v4 as uuidV4 } from 'uuid';
import { z } from 'zod';
import { log } from '../logging/logging.js';
import { inSpan, SpanKind } from '../tracing/span.js';
import {
  DEFAULT_TIMEOUT_MS,
  PRINCIPAL_HEADER,
  type RequestMessage,
  TIMEOUT_HEADER,
  TRACE_HEADER,
} from './operation-message.js';
import { type Done, type Failed, failed, type Refused, refusedWith } from './outcome.js';

/** What came back, with the reply typed by the row. */
export type ReplyTo<Row extends Operation> = Done<ReplyOf<Row>> | Refused | Failed;

export interface CallOptions<Row extends Operation> {
  params: z.input<Row['params']>;
  body: z.input<Row['body']>;
  /** Whom the call is made for; signed by the client. None: the operation must be `public`. */
  principal?: Principal;
  /** Required of commands: the same id has one effect. */
  commandId?: string;
  correlation?: string;
  /** Event id `<position>/<index>`. */
  cause?: string | null;
  ifMatch?: number | null;
  traceparent?: string | undefined;
  /** Default 15 s. */
  timeoutMs?: number;
}

export interface OperationClientOptions {
  connection: NatsConnection;
  /** `(principal) => signPrincipal(privateKey, signer, principal)`. */
  sign: (principal: Principal) => Promise<string>;
}

/**
 * Calls operations over NATS: gateway, processes and agents. It never throws for what the other side or the network
 * does: silence is `failed` (a query: `unavailable`; a command: `outcome-unknown`, to be sent again with the same id).
 */
export class OperationClient {
  constructor(private readonly options: OperationClientOptions) {}

  call<Row extends Operation>(row: Row, call: CallOptions<Row>): Promise<ReplyTo<Row>> {
    return this.#call(row, operationSubject(row), call);
  }

  /** The same decision, nothing appended; `done` (reply null) when nothing speaks against it. */
  async check<Row extends Operation>(row: Row, call: CallOptions<Row>): Promise<Done<null> | Refused | Failed> {
    const answered = await this.#request({ id: row.id, kind: 'query' }, operationSubject(row, true), call);
    return answered.kind === 'done' ? { ...answered, reply: null } : answered;
  }

  async #call<Row extends Operation>(row: Row, subject: string, call: CallOptions<Row>): Promise<ReplyTo<Row>> {
    const answered = await this.#request(row, subject, call);
    if (answered.kind !== 'done') return answered;
    const reply = row.reply.safeParse(answered.reply);
    if (reply.success) return { ...answered, reply: reply.data as ReplyOf<Row> };
    log().error({ err: reply.error, operation: row.id }, 'a reply does not match its schema');
    return failed('internal', `The answer of ${row.id} does not match its schema; the programs differ in version.`);
  }

  async #request(row: Pick<Operation, 'id' | 'kind'>, subject: string, call: Call): Promise<OperationReply> {
    const { connection } = this.options;
    const { traceparent, timeoutMs = DEFAULT_TIMEOUT_MS } = call;
    const payload = JSON.stringify(messageOf(row, call));
    if (Buffer.byteLength(payload) > (connection.info?.max_payload ?? Infinity)) return refusedWith([TOO_LARGE]);
    const span = { kind: SpanKind.CLIENT, traceparent, attributes: { 'rpc.method': row.id } };
    return inSpan(`call ${row.id}`, span, async (passedOn) => {
      const ask = async (): Promise<OperationReply> => {
        const headers = await this.#headers(call, timeoutMs, passedOn);
        try {
          const message = await connection.request(subject, payload, { timeout: timeoutMs, headers });
          return OperationReply.parse(message.json());
        } catch (error) {
          return silence(row, error);
        }
      };
      const answered = await ask();
      return call.principal !== undefined && isUnauthorized(answered) ? ask() : answered;
    });
  }

  async #headers(call: Call, timeoutMs: number, traceparent: string | undefined): Promise<MsgHdrs> {
    const headers = natsHeaders();
    if (call.principal !== undefined) headers.set(PRINCIPAL_HEADER, await this.options.sign(call.principal));
    if (traceparent !== undefined) headers.set(TRACE_HEADER, traceparent);
    headers.set(TIMEOUT_HEADER, String(timeoutMs));
    return headers;
  }
}

type Call = CallOptions<Operation>;

/** Nothing has happened. A signature that was on its way for longer than its time, or its key's, is made anew once. */
const isUnauthorized = (answered: OperationReply): boolean =>
  answered.kind === 'refused' && answered.reason === 'unauthorized';

const TOO_LARGE = {
  pointer: '',
  code: 'body-too-large',
  detail: 'The request is larger than a message may be.',
  hint: 'Send less at once.',
};

function messageOf(row: Pick<Operation, 'id' | 'kind'>, call: Call): RequestMessage {
  const correlation = call.correlation ?? uuidV4();
  if (row.kind === 'command' && call.commandId === undefined) {
    throw new Error(`${row.id} is a command and needs a commandId: without one a repeat would have a second effect`);
  }
  return {
    params: z.json().parse(call.params),
    body: z.json().parse(call.body),
    commandId: call.commandId ?? correlation,
    correlation,
    cause: call.cause ?? null,
    ifMatch: call.ifMatch ?? null,
  };
}

/** What no answer means: nobody there is certain, everything else is not. */
function silence({ id, kind }: Pick<Operation, 'id' | 'kind'>, error: unknown): Failed {
  if (error instanceof RequestError && error.isNoResponders()) {
    return failed('unavailable', `Nobody answers ${id} at the moment. Try again shortly.`);
  }
  log().warn({ err: error, operation: id }, 'an operation was not answered');
  return kind === 'query'
    ? failed('unavailable', `${id} was not answered in time. Try again shortly.`)
    : failed('outcome-unknown', 'It may have happened or not; send the same request with the same id again.');
}
