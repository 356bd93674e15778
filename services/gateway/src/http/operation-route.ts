import type { Operation } from '@freehold/kernel';
import { Controller, Inject, Req, RequestMapping, RequestMethod, Res, type Type } from '@nestjs/common';
import { routePathOf } from '../domain/route-path.js';
import { Door } from './door.js';
import type { HttpRequest, HttpResponse } from './exchange.js';

/** A row of the table that is reached by HTTP. */
export type HttpOperation = Operation & Required<Pick<Operation, 'http'>>;

export const isHttpOperation = (row: Operation): row is HttpOperation => row.http !== undefined;

/** The controller of one row, so that Nest's guards, interceptors and filters work on it as on any other. */
export function operationRoute(row: HttpOperation): Type<unknown> {
  @Controller()
  class OperationRoute {
    constructor(@Inject(Door) private readonly door: Door) {}

    @RequestMapping({ path: routePathOf(row.http.path), method: RequestMethod[row.http.method] })
    async handle(@Req() request: HttpRequest, @Res() response: HttpResponse): Promise<void> {
      await this.door.answer(row, request, response);
    }
  }
  Object.defineProperty(OperationRoute, 'name', { value: row.id });
  return OperationRoute;
}
