import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import { log, notFound } from '@freehold/platform';
import { problemCodeOfStatus } from '../domain/problem-codes.js';
import { correlationOf, type HttpResponse } from '../http/exchange.js';
import { Problems } from './problems.js';

/** Whatever Nest, Express or the gateway itself throws leaves as a problem; what nobody expected is logged, not told. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(Problems) private readonly problems: Problems) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<HttpResponse>();
    const code = problemCodeOfStatus(statusOf(exception));
    if (code === 'internal')
      log().error({ err: exception, correlation: correlationOf(response) }, 'the gateway failed');
    if (code === 'not-found') this.problems.sendOutcome(response, notFound());
    else this.problems.send(response, code);
  }
}

/** 500 unless it says otherwise: Nest's exceptions, and those of Express's parsers (http-errors). */
function statusOf(exception: unknown): number {
  if (exception instanceof HttpException) return exception.getStatus();
  if (exception instanceof Error && 'expose' in exception && exception.expose === true && 'status' in exception) {
    return Number(exception.status);
  }
  return 500;
}
