import type { Operation } from '@freehold/kernel';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { GATEWAY_CONFIGURATION, type GatewayConfiguration } from './gateway.config.js';
import { Authentication } from './http/authentication.js';
import { Door } from './http/door.js';
import { HealthController } from './http/health.controller.js';
import { Identification } from './http/identification.js';
import { isHttpOperation, operationRoute } from './http/operation-route.js';
import { PeerAuthentication } from './http/peer-authentication.js';
import { LogController } from './log/log.controller.js';
import { WitnessController } from './log/witness.controller.js';
import { ProblemFilter } from './problems/problem.filter.js';
import { ProblemPageController } from './problems/problem-page.controller.js';
import { Problems } from './problems/problems.js';

/** The door: one controller per row of the table that HTTP reaches. */
@Module({})
export class GatewayModule {
  static with(config: GatewayConfiguration, operations: readonly Operation[]): DynamicModule {
    return {
      module: GatewayModule,
      controllers: [
        HealthController,
        LogController,
        WitnessController,
        ProblemPageController,
        ...operations.filter(isHttpOperation).map(operationRoute),
      ],
      providers: [
        { provide: GATEWAY_CONFIGURATION, useValue: config },
        { provide: Problems, useValue: new Problems((config.publicUrl ?? '').replace(/\/$/, '')) },
        { provide: APP_FILTER, useClass: ProblemFilter },
        Authentication,
        Identification,
        PeerAuthentication,
        Door,
      ],
    };
  }
}
