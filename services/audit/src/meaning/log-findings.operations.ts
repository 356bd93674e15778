import { logFindings } from '@freehold/audit-contract';
import { parseSubject } from '@freehold/log';
import { done, Operation, type OperationRequest, Views } from '@freehold/platform';
import { Controller, Inject } from '@nestjs/common';
import { watchedAggregateView } from './watched-aggregate.projection.js';

@Controller()
export class LogFindingsOperations {
  constructor(@Inject(Views) private readonly views: Views) {}

  @Operation(logFindings)
  async list({ body: { limit, cursor }, after }: OperationRequest<typeof logFindings>) {
    await this.views.reach(after);
    const page = cursor === undefined ? { limit } : { limit, cursor };
    const found = await this.views.of(watchedAggregateView).list({ where: { isWrong: true }, ...page });
    const items = found.items.map(({ row }) => ({ ...parseSubject(row.id), findings: [...row.findings] }));
    return done({ items, next: found.next, position: found.position });
  }
}
