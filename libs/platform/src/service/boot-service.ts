import type {
  DynamicModule,
  INestApplication,
  INestApplicationContext,
  NestApplicationOptions,
  Type,
} from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import type { NatsConnection } from '@nats-io/transport-node';
import { followedTogether, type Log } from '@freehold/log';
import { natsBookmarks } from '../followers/bookmarks.js';
import { FollowerServer } from '../followers/follower.server.js';
import { startLogging, withLogContext } from '../logging/logging.js';
import { OperationClient } from '../operations/operation.client.js';
import { OperationServer } from '../operations/operation.server.js';
import { CurrentSigningKey, readSignerKeys } from '../principals/key-files.js';
import { type Signer, signPrincipal } from '../principals/principal-token.js';
import { HealthRegistry, serveHealth } from './health.js';
import { connectToNats } from './nats-connection.js';
import { natsOf } from './nats-options.js';
import type { PlatformConfiguration } from './platform-configuration.js';
import { ReadingConnection } from './reading-connection.js';
import { COMMAND_DIGEST, type FollowingOfProcess, LOG, PlatformModule } from './service.module.js';
import { ServiceServer } from './service.server.js';
import { settledWithin } from './settled-within.js';

/** Without a server there is nobody to say good-bye to. */
const DRAIN_MS = 3_000;

/*
 * One service: its own NATS connections and Nest application; several live in one Node process.
 *
 *   start   connect → keys → Nest (modules, ORM …) → operations → HTTP (gateway only)
 *   then    followers and read models, as soon as they may
 *   stop    HTTP → operations (taken ones are answered) → followers (bookmarks) → Nest's hooks (ORM …) → drain
 *
 * On a crash nothing is lost but bookmarks of the last second: their commits are handled again.
 */

export interface ServiceOptions<Config extends PlatformConfiguration> {
  /** Of the service: its health subject, its followers' and log lines' name. */
  name: string;
  module: Type<unknown> | DynamicModule;
  config: Config;
  /** Under which name it signs principals. Default: its own. */
  signer?: Signer;
  /** Gateway only: an HTTP listener besides. */
  http?: HttpOptions;
  /** Default: at once, and together with nobody. */
  following?: FollowingOfProcess;
}

export interface HttpOptions {
  adapter: AbstractHttpAdapter;
  options?: NestApplicationOptions;
  configure(app: INestApplication): void;
  address: string;
  /** 0: any free one. */
  port: number;
}

export interface RunningService {
  readonly name: string;
  readonly app: INestApplicationContext;
  readonly connection: NatsConnection;
  readonly health: HealthRegistry;
  readonly followers: FollowerServer;
  /** Where it listens for HTTP, such as `http://127.0.0.1:8080`; null without. */
  readonly url: string | null;
  /** Ends orderly; again is the same. */
  stop(): Promise<void>;
}

export async function bootService<Config extends PlatformConfiguration>(
  options: ServiceOptions<Config>,
): Promise<RunningService> {
  const logger = startLogging({ level: options.config.logLevel });
  return withLogContext({ service: options.name }, async () => {
    const parts = await connectParts(options);
    try {
      const { app, url } = await startApplication(options, parts, logger);
      let stopping: Promise<void> | undefined;
      const stop = (): Promise<void> => (stopping ??= stopService(app, parts));
      serveHealth(parts.connection, options.name, parts.health);
      // The server knows all subscriptions now: whoever asks next is answered.
      await parts.connection.flush();
      return { name: options.name, app, url, stop, ...parts };
    } catch (error) {
      await Promise.all([parts.connection.close(), parts.reading.close()]);
      throw error;
    }
  });
}

interface Parts {
  connection: NatsConnection;
  reading: ReadingConnection;
  health: HealthRegistry;
  client: OperationClient;
  operations: OperationServer;
  followers: FollowerServer;
  following: FollowingOfProcess;
  /** The application is known only after the strategies are. */
  provide(app: INestApplicationContext): void;
}

async function connectParts({
  name,
  config,
  signer = name,
  following = { mayFollow: Promise.resolve(), together: followedTogether() },
}: ServiceOptions<PlatformConfiguration>): Promise<Parts> {
  const signing = new CurrentSigningKey(config, signer);
  const signerKeys = await readSignerKeys(config.signerKeysFile);
  const connection = await connectToNats(natsOf(name, config));
  const reading = new ReadingConnection(natsOf(name, config));
  const health = new HealthRegistry();
  let app: INestApplicationContext | undefined;
  const provided = <T>(token: symbol): T => {
    if (app === undefined) throw new Error('The application does not run yet');
    return app.get<T>(token, { strict: false });
  };
  const digest = (text: string) => provided<(text: string) => Promise<string>>(COMMAND_DIGEST)(text);
  const operations = new OperationServer({ connection, signerKeys, digest });
  const bookmarks = natsBookmarks(connection);
  const followers = new FollowerServer({ log: () => provided<Log>(LOG), bookmarks, mayFollow: following.mayFollow });
  const client = new OperationClient({
    connection,
    sign: (principal) => signPrincipal(signing.key, signer, principal),
  });
  health.add('nats', () => ({
    status: connection.isClosed() ? 'down' : 'up',
    details: { inFlight: operations.inFlight },
  }));
  health.add('followers', () => followers.health());
  const provide = (made: INestApplicationContext): void => void (app = made);
  return { connection, reading, health, client, operations, followers, following, provide };
}

async function startApplication(
  { module, config, http }: ServiceOptions<PlatformConfiguration>,
  { operations, followers, provide, ...parts }: Parts,
  logger: ReturnType<typeof startLogging>,
): Promise<{ app: INestApplicationContext; url: string | null }> {
  const platform = PlatformModule.with({ config, ...parts });
  const root: DynamicModule = { module: ServiceRoot, imports: [platform, module] };
  const strategy = new ServiceServer(operations, followers);
  const common = { logger, abortOnError: false };
  if (http === undefined) {
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(root, { ...common, strategy });
    provide(app);
    await app.listen();
    return { app, url: null };
  }
  const app = await NestFactory.create(root, http.adapter, { ...common, ...http.options });
  provide(app);
  http.configure(app);
  app.connectMicroservice<MicroserviceOptions>({ strategy });
  await app.startAllMicroservices();
  await app.listen(http.port, http.address);
  return { app, url: await app.getUrl() };
}

/** The root module of every service. */
class ServiceRoot {}

async function stopService(app: INestApplicationContext, { connection, reading }: Parts): Promise<void> {
  await app.close();
  await reading.close();
  if (!connection.isClosed()) await settledWithin(connection.drain(), DRAIN_MS);
  if (!connection.isClosed()) await connection.close();
}
