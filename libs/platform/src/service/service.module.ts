import type { Log } from '@freehold/log';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { Provider } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import { OperationClient } from '../operations/operation.client.js';
import { HealthRegistry } from './health.js';
import { ReadingConnection } from './reading-connection.js';

/** Injection tokens of what the platform gives to every service. */
export const NATS_CONNECTION = Symbol('NatsConnection of this service');
export const CONFIGURATION = Symbol('parsed configuration of this service');
/** A service provides this: `(text: string) => Promise<string>`, such as `vault.digest('command', text)`. */
export const COMMAND_DIGEST = Symbol('keyed digest of a command');
export const FOLLOWING = Symbol('how the log is followed here');
/** A service with followers provides this: the `Log` of `@freehold/log`. */
export const LOG = Symbol('the log');

/** What services of one Node process have in common when they follow the log. */
export interface FollowingOfProcess {
  /**
   * Nothing is followed before that is kept, and never if the start fails: after a crash there may be so much to catch up that
   * nothing else of this process would start.
   */
  readonly mayFollow: Promise<void>;
  /** Of `followedTogether`, one for all. */
  readonly together: (log: Log) => Log;
}

interface PlatformParts {
  connection: NatsConnection;
  reading: ReadingConnection;
  config: unknown;
  client: OperationClient;
  health: HealthRegistry;
  following: FollowingOfProcess;
}

/** Injectable everywhere in a service: NATS_CONNECTION, ReadingConnection, CONFIGURATION, OperationClient, HealthRegistry, FOLLOWING. */
@Global()
@Module({})
export class PlatformModule {
  static with({ connection, reading, config, client, health, following }: PlatformParts): DynamicModule {
    const providers: Provider[] = [
      { provide: NATS_CONNECTION, useValue: connection },
      { provide: ReadingConnection, useValue: reading },
      { provide: CONFIGURATION, useValue: config },
      { provide: OperationClient, useValue: client },
      { provide: HealthRegistry, useValue: health },
      { provide: FOLLOWING, useValue: following },
    ];
    return { module: PlatformModule, providers, exports: providers };
  }
}
