import type { ProcessOperations } from '@freehold/kernel';
import { Controller, Inject, type Type } from '@nestjs/common';
import { Views } from '../context/views.js';
import { Operation } from '../operations/operation.decorator.js';
import type { OperationRequest } from '../operations/operation-request.js';
import { done } from '../operations/outcome.js';
import { OPEN_RANKS, type processView } from './process.view.js';

/** Enough to say what is still under way. */
const SHOWN = 20;

/** What other contexts ask before something of an operator ends for good. */
export function unfinishedWorkController(
  { unfinishedWork }: ProcessOperations,
  { view }: ReturnType<typeof processView>,
): Type {
  @Controller()
  class UnfinishedWorkController {
    constructor(@Inject(Views) private readonly views: Views) {}

    @Operation(unfinishedWork)
    async unfinished({ params: { operator }, body }: OperationRequest<typeof unfinishedWork>) {
      await this.views.reach(body.after);
      const page = await this.views.of(view).list({ operator, where: { rank: OPEN_RANKS }, limit: SHOWN });
      return done({ unfinished: page.items.map(({ row: { id, kind } }) => ({ process: id, kind })) });
    }
  }
  return UnfinishedWorkController;
}
