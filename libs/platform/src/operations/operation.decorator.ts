import { type ArgumentsHost, Catch, type RpcExceptionFilter, UseFilters } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { type Operation as OperationRow, operationSubject } from '@freehold/kernel';
import { type Observable, throwError } from 'rxjs';
import type { z } from 'zod';
import type { OperationRequest } from './operation-request.js';
import type { Outcome } from './outcome.js';

/** What the handler of a row may answer. */
export type OutcomeOf<Row extends OperationRow> = Outcome<z.input<Row['reply']>>;

export const OPERATION_TRANSPORT = Symbol('freehold operations over NATS');

/** Nest masks exceptions of microservice handlers; the transports want them as they are. */
@Catch()
export class PassExceptionsOn implements RpcExceptionFilter {
  catch(exception: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => exception);
  }
}

/**
 * Binds a method of a controller to a row of the operations table: its NATS subject, and `.check` if the row has one.
 * `OperationServer` has checked principal, permission, params and body before the method runs.
 */
export const Operation =
  <Row extends OperationRow>(row: Row) =>
  <Method extends (request: OperationRequest<Row>) => Promise<OutcomeOf<Row>>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    const subjects = [operationSubject(row), ...(row.checkable === true ? [operationSubject(row, true)] : [])];
    MessagePattern<string[]>(subjects, OPERATION_TRANSPORT, { row })(target, key, descriptor);
    UseFilters(PassExceptionsOn)(target, key, descriptor);
  };
