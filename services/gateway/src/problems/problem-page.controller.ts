import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { notFound } from '@freehold/platform';
import { isProblemCode, PROBLEMS } from '../domain/problem-codes.js';
import { type HttpRequest, type HttpResponse, send } from '../http/exchange.js';
import { Problems } from './problems.js';

/** The page behind a problem's `type`. */
@Controller('problems')
export class ProblemPageController {
  constructor(@Inject(Problems) private readonly problems: Problems) {}

  @Get(':code')
  show(@Req() request: HttpRequest, @Res() response: HttpResponse): void {
    const code = request.params['code'] ?? '';
    if (!isProblemCode(code)) return this.problems.sendOutcome(response, notFound());
    const { status, title, cause, remedy } = PROBLEMS[code];
    const body = [
      '<!doctype html>',
      `<html lang="en"><meta charset="utf-8"><title>${title}</title>`,
      `<h1>${title}</h1>`,
      `<p>HTTP ${status}, <code>${code}</code></p>`,
      `<h2>Why</h2><p>${cause.replaceAll('<', '&lt;')}</p>`,
      `<h2>What to do</h2><p>${remedy.replaceAll('<', '&lt;')}</p></html>`,
    ].join('\n');
    send(response, { status: 200, contentType: 'text/html; charset=utf-8', body });
  }
}
