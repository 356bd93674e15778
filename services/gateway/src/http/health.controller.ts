import { CELL, may } from '@freehold/kernel';
import { askHealth, type Health, HealthRegistry, NATS_CONNECTION } from '@freehold/platform';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import { GATEWAY_CONFIGURATION, type GatewayConfiguration } from '../gateway.config.js';
import { Authentication } from './authentication.js';
import { correlationOf, headerOf, type HttpRequest, type HttpResponse, send } from './exchange.js';

/** `GET /health`: 200 while every service answers, else 503. Details only for who has `cell:health`. */
@Controller('health')
export class HealthController {
  constructor(
    @Inject(NATS_CONNECTION) private readonly connection: NatsConnection,
    @Inject(HealthRegistry) private readonly own: HealthRegistry,
    @Inject(Authentication) private readonly authentication: Authentication,
    @Inject(GATEWAY_CONFIGURATION) private readonly config: GatewayConfiguration,
  ) {}

  @Get()
  async show(@Req() request: HttpRequest, @Res() response: HttpResponse): Promise<void> {
    const services = await this.#services();
    const down = services.some(([, { status }]) => status === 'down');
    const degraded = services.some(([, { status }]) => status === 'degraded');
    const detailed = await this.#mayKnowMore(request, response);
    const shown = services.map(([name, { status, details }]) => [name, detailed ? { status, details } : { status }]);
    const body = JSON.stringify({
      status: down ? 'down' : degraded ? 'degraded' : 'up',
      services: Object.fromEntries(shown) as unknown,
    });
    send(response, { status: down ? 503 : 200, contentType: 'application/json', body });
  }

  async #services(): Promise<[string, Health][]> {
    const names = this.config.healthOf.split(',').filter((name) => name !== '');
    const asked = names.map(async (name): Promise<[string, Health]> => [name, await askHealth(this.connection, name)]);
    return Promise.all([this.own.ask().then((health): [string, Health] => ['gateway', health]), ...asked]);
  }

  async #mayKnowMore(request: HttpRequest, response: HttpResponse): Promise<boolean> {
    const authorization = headerOf(request, 'authorization');
    if (authorization === undefined) return false;
    const identified = await this.authentication.identify(authorization, correlationOf(response));
    if (identified.kind !== 'known') return false;
    return identified.principal.operator === CELL && may(identified.principal.role, 'cell:health');
  }
}
