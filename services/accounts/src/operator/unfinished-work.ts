import { unfinishedWork } from '@freehold/deployment-contract';
import type { Finding, Position } from '@freehold/kernel';
import { failed, type Failed, OperationClient, processPrincipal, type Refused, refusedWith } from '@freehold/platform';
import { unfinishedMoveWork } from '@freehold/portability-contract';
import { Inject, Injectable } from '@nestjs/common';

/**
 * What is under way for an operator elsewhere. As long as a process has not ended data are kept for it: those of a retired
 * deployment for 30 days, an export until it is over, a deployment that leaves until the other provider has opened.
 */
@Injectable()
export class UnfinishedWork {
  constructor(@Inject(OperationClient) private readonly client: OperationClient) {}

  /** Null: there is none, of all that had begun at `after`. */
  async of(operator: string, after: Position): Promise<Refused | Failed | null> {
    const principal = processPrincipal(operator, operator);
    const call = { params: { operator }, body: { after }, principal };
    const answered = await Promise.all([
      this.client.call(unfinishedWork, call),
      this.client.call(unfinishedMoveWork, call),
    ]);
    const found = answered.flatMap((each) => (each.kind === 'done' ? each.reply.unfinished : []));
    if (answered.some(({ kind }) => kind !== 'done')) {
      return failed('unavailable', 'Who would know what is under way for this operator does not answer at the moment.');
    }
    return found.length === 0 ? null : refusedWith(found.map(workUnfinished));
  }
}

const workUnfinished = ({ process, kind }: { process: string; kind: string }): Finding => ({
  pointer: '/operator',
  code: 'work-unfinished',
  detail: `Its process ${kind} ${process} has not ended, and keeps data.`,
  hint: 'Wait for its end, or give it up: "freehold work list". What was retired without --now is kept for 30 days.',
});
