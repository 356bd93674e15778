import * as accounts from '@freehold/accounts-contract';
import * as audit from '@freehold/audit-contract';
import * as catalog from '@freehold/catalog-contract';
import * as deployment from '@freehold/deployment-contract';
import { type Operation, operationsOf } from '@freehold/kernel';
import { bootService, log, type RunningService } from '@freehold/platform';
import * as portability from '@freehold/portability-contract';
import * as provisioning from '@freehold/provisioning-contract';

import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import type { IncomingMessage, Server } from 'node:http';
import { v4 as uuidV4 } from 'uuid';
import type { GatewayConfiguration } from './gateway.config.js';
import { GatewayModule } from './gateway.module.js';
import { CORRELATION_HEADER, type HttpRequest, type HttpResponse } from './http/exchange.js';

/*
 * The gateway: the only door of the cell that speaks HTTP. It owns no data; it asks accounts who somebody is, judges the
 * request by the operations table, and passes it on over NATS with a signed principal.
 *
 * Invariants: nothing is passed on without a principal of a valid key or of another provider's signature (public operations
 * aside); every error leaves as
 * problem+json; keys are neither logged nor kept. On a crash callers see a broken connection and repeat with their key.
 */

/** The whole table: what the gateway routes, and what tests walk. */
export const OPERATIONS: readonly Operation[] = operationsOf(
  accounts,
  audit,
  catalog,
  deployment,
  portability,
  provisioning,
);

const BODY_LIMIT = 1_048_576;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const LAST_ANSWERS_MS = 5_000;

export const startGateway = (
  config: GatewayConfiguration,
  operations: readonly Operation[] = OPERATIONS,
): Promise<RunningService> =>
  bootService({
    name: 'gateway',
    module: GatewayModule.with(config, operations),
    config,
    http: {
      adapter: new ExpressAdapter(),
      options: { bodyParser: false },
      configure: (app) => configure(app as NestExpressApplication),
      address: config.listenAddress,
      port: config.listenPort,
    },
  });

function configure(app: NestExpressApplication): void {
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.useSecurityHeaders({ contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"] } } });
  app.use(begin);
  app.useBodyParser('json', {
    limit: BODY_LIMIT,
    type: ['application/json', 'application/*+json'],
    inflate: false,
    verify: keepIfSigned,
  });
  const server: Server = app.getHttpServer();
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  endInTime(server);
}

/** A signature (RFC 9421) is over the bytes that came, not over what they mean. */
function keepIfSigned(request: IncomingMessage & { rawBody?: Uint8Array }, _response: unknown, bytes: Buffer): void {
  if (request.headers['signature-input'] !== undefined) request.rawBody = bytes;
}

/** Gives the exchange its correlation id and, at its end, a log line without path parameters, query or body. */
function begin(request: HttpRequest, response: HttpResponse, next: () => void): void {
  const correlation = uuidV4();
  const startedAt = performance.now();
  response.setHeader(CORRELATION_HEADER, correlation);
  response.once('close', () => {
    const durationMs = Math.round(performance.now() - startedAt);
    log().info({ correlation, method: request.method, status: response.statusCode, durationMs }, 'answered');
  });
  next();
}

/** Those who still wait at the stop get a few seconds, then their connections are closed. */
function endInTime(server: Server): void {
  const close = server.close.bind(server);
  server.close = (done) => {
    setTimeout(() => server.closeAllConnections(), LAST_ANSWERS_MS).unref();
    return close(done);
  };
}
