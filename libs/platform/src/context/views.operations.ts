import { type OperationContext, rebuildViews } from '@freehold/kernel';
import { Controller, Inject, type Type } from '@nestjs/common';
import { Operation } from '../operations/operation.decorator.js';
import type { OperationRequest } from '../operations/operation-request.js';
import { done } from '../operations/outcome.js';
import { Views } from './views.js';

const WAIT_MS = 3_000;

/** The controller of `<context>.rebuild-views`, the row that every context with read models has. */
export function viewsOperations(context: OperationContext): Type<unknown> {
  @Controller()
  class ViewsOperations {
    constructor(@Inject(Views) private readonly views: Views) {}

    @Operation(rebuildViews(context))
    async rebuild({ body }: OperationRequest<ReturnType<typeof rebuildViews>>) {
      const { runner } = this.views;
      const replacing = body.replacing ?? (await runner.rebuild());
      const complete = await runner.replaced(replacing, { timeoutMs: WAIT_MS });
      return done({ replacing, complete, position: runner.position() });
    }
  }
  return ViewsOperations;
}
