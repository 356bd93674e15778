import { type OperationContext, rebuildViews } from '@freehold/kernel';
import { Controller, Inject, type Type } from '@nestjs/common';
import { Operation } from '../operations/operation.decorator.js';
import { done } from '../operations/outcome.js';
import { Views } from './views.js';

/** The controller of `<context>.rebuild-views`, the row that every context with read models has. */
export function viewsOperations(context: OperationContext): Type<unknown> {
  @Controller()
  class ViewsOperations {
    constructor(@Inject(Views) private readonly views: Views) {}

    @Operation(rebuildViews(context))
    async rebuild() {
      return done({ position: await this.views.runner.rebuild() });
    }
  }
  return ViewsOperations;
}
