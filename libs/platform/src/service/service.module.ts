import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { Provider } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import { OperationClient } from '../operations/operation.client.js';
import { HealthRegistry } from './health.js';

/** Injection tokens of what the platform gives to every service. */
export const NATS_CONNECTION = Symbol('NatsConnection of this service');
export const CONFIGURATION = Symbol('parsed configuration of this service');
/** A service provides this: `(text: string) => Promise<string>`, such as `vault.digest('command', text)`. */
export const COMMAND_DIGEST = Symbol('keyed digest of a command');
/** `() => Promise<void>`: before that is kept, nothing of the log is followed. */
export const MAY_FOLLOW = Symbol('when the log may be followed');
/** A service with followers provides this: the `Log` of `@freehold/log`. */
export const LOG = Symbol('the log');

interface PlatformParts {
  connection: NatsConnection;
  config: unknown;
  client: OperationClient;
  health: HealthRegistry;
  mayFollow: Promise<void>;
}

/** Injectable everywhere in a service: NATS_CONNECTION, CONFIGURATION, OperationClient, HealthRegistry, MAY_FOLLOW. */
@Global()
@Module({})
export class PlatformModule {
  static with({ connection, config, client, health, mayFollow }: PlatformParts): DynamicModule {
    const providers: Provider[] = [
      { provide: NATS_CONNECTION, useValue: connection },
      { provide: CONFIGURATION, useValue: config },
      { provide: OperationClient, useValue: client },
      { provide: HealthRegistry, useValue: health },
      { provide: MAY_FOLLOW, useValue: () => mayFollow },
    ];
    return { module: PlatformModule, providers, exports: providers };
  }
}
