import { checkpoint, entries, tile } from '@freehold/audit-contract';
import { notFound, type Failed, OperationClient, type Refused } from '@freehold/platform';
import { formatEntries } from '@freehold/evidence';
import type { Principal } from '@freehold/kernel';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { admitToOperation, Authentication } from '../http/authentication.js';
import { correlationOf, headerOf, type HttpRequest, type HttpResponse, send } from '../http/exchange.js';
import { Problems } from '../problems/problems.js';
import { logPathOf } from './log-path.js';

/**
 * The log as c2sp.org/tlog-tiles serves one, below `/log/`: no operations of the table, because others fixed their form.
 * Checkpoint and tiles are open to everybody and say nothing but hashes; entries are commits, for those who may see the whole
 * log. What is answered comes from the audit, in pieces: nothing is kept here.
 */
@Controller('log')
export class LogController {
  constructor(
    @Inject(OperationClient) private readonly client: OperationClient,
    @Inject(Authentication) private readonly authentication: Authentication,
    @Inject(Problems) private readonly problems: Problems,
  ) {}

  @Get('checkpoint')
  async checkpoint(@Res() response: HttpResponse): Promise<void> {
    const answered = await this.client.call(checkpoint, {
      params: {},
      body: {},
      correlation: correlationOf(response),
    });
    if (answered.kind !== 'done') return this.problems.sendOutcome(response, answered);
    const headers = { 'Cache-Control': 'public, max-age=1' };
    send(response, { status: 200, contentType: 'text/plain; charset=utf-8', body: answered.reply.note, headers });
  }

  @Get('tile/*path')
  async tile(@Req() request: HttpRequest, @Res() response: HttpResponse): Promise<void> {
    const asked = logPathOf(request.originalUrl.slice('/log/'.length));
    if (asked === null) return this.problems.sendOutcome(response, notFound());
    if (asked.kind === 'entries') return this.#entries(asked, request, response);
    const correlation = correlationOf(response);
    const answered = await this.client.call(tile, { params: {}, body: { path: asked.path }, correlation });
    if (answered.kind !== 'done') return this.problems.sendOutcome(response, answered);
    const body = Buffer.from(answered.reply.bytes, 'base64');
    // A partial tile is for the time until the full one is there.
    const headers = { 'Cache-Control': `public, max-age=${asked.full ? '31536000, immutable' : '3600'}` };
    send(response, { status: 200, contentType: BYTES, body, headers });
  }

  async #entries(asked: Leaves, request: HttpRequest, response: HttpResponse): Promise<void> {
    const correlation = correlationOf(response);
    const identified = await this.authentication.identify(headerOf(request, 'authorization'), correlation);
    if (identified.kind !== 'known') return this.problems.sendOutcome(response, identified);
    const admitted = admitToOperation(entries, identified.principal, {});
    if (admitted.kind !== 'known') return this.problems.sendOutcome(response, admitted);
    const from = { principal: identified.principal, correlation };
    const first = await this.#some(asked, from);
    if (!Array.isArray(first)) return this.problems.sendOutcome(response, first);
    response.setHeader('Content-Type', BYTES);
    response.setHeader('Cache-Control', 'no-store');
    await pipeline(Readable.from(this.#pieces(asked, first, from)), response).catch(() => response.destroy());
  }

  /** Whoever reads sees a broken connection when the rest does not come, never a bundle that looks whole. */
  async *#pieces({ first, count }: Leaves, begun: readonly Uint8Array[], from: Asking): AsyncGenerator<Uint8Array> {
    yield formatEntries(begun);
    for (let sent = begun.length; sent < count;) {
      const more = await this.#some({ first: first + sent, count: count - sent }, from);
      if (!Array.isArray(more)) throw new Error('The rest of the entries did not come');
      yield formatEntries(more);
      sent += more.length;
    }
  }

  async #some(leaves: Leaves, from: Asking): Promise<Uint8Array[] | Refused | Failed> {
    const { first, count } = leaves;
    const answered = await this.client.call(entries, { params: {}, body: { first, count }, ...from });
    if (answered.kind !== 'done') return answered;
    return answered.reply.entries.map((entry) => Buffer.from(entry, 'base64'));
  }
}

const BYTES = 'application/octet-stream';

interface Leaves {
  first: number;
  count: number;
}

interface Asking {
  principal: Principal;
  correlation: string;
}
