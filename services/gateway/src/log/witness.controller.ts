import { addCheckpoint } from '@freehold/audit-contract';
import { OperationClient, refusedWith } from '@freehold/platform';
import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import { v4 as uuidV4 } from 'uuid';
import { correlationOf, type HttpRequest, type HttpResponse, send } from '../http/exchange.js';
import { Problems } from '../problems/problems.js';

/** More than the longest request: 63 lines of proof and a checkpoint with many cosignatures. */
const LIMIT_BYTES = 32 * 1024;

/** `add-checkpoint` of c2sp.org/tlog-witness, for the logs that staff have named. Whose log it is, its signature says. */
@Controller('witness')
export class WitnessController {
  constructor(
    @Inject(OperationClient) private readonly client: OperationClient,
    @Inject(Problems) private readonly problems: Problems,
  ) {}

  @Post('add-checkpoint')
  async add(@Req() request: HttpRequest, @Res() response: HttpResponse): Promise<void> {
    const announced = Number(request.headers['content-length'] ?? 0);
    const text = announced > LIMIT_BYTES ? null : await textOf(request);
    if (text === null) return this.problems.sendOutcome(response, refusedWith([TOO_LARGE]));
    const correlation = correlationOf(response);
    const call = { params: {}, body: { request: text }, commandId: uuidV4(), correlation };
    const answered = await this.client.call(addCheckpoint, call);
    if (answered.kind === 'done') send(response, answered.reply);
    else this.problems.sendOutcome(response, answered);
  }
}

/** Null: it is too long. What is JSON was read already, and is no request. */
async function textOf(request: HttpRequest): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > LIMIT_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

const TOO_LARGE = {
  pointer: '',
  code: 'body-too-large',
  detail: `The request is longer than ${LIMIT_BYTES} bytes.`,
  hint: 'Send one checkpoint with one proof (c2sp.org/tlog-witness).',
};
