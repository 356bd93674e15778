import { systemEnvironment } from '@freehold/platform';
import { type DatabaseConnection, type Ground, type GroundOptions, startGround } from '@freehold/supervisor';
import { connect, nkeyAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { InstallationFolder } from '../../kit/installation-folder.js';

const ACCOUNT = 'BENCH';

/**
 * The servers of an installation in a folder of their own, as durable as an installation has them: NATS syncs before it
 * answers, PostgreSQL too. PostgreSQL gets more memory and fewer checkpoints than an installation gives it.
 */
export class DurableGround {
  private constructor(
    private readonly folder: InstallationFolder,
    private readonly ground: Ground,
  ) {}

  static async start(): Promise<DurableGround> {
    const folder = InstallationFolder.make();
    try {
      const first = await startGround(optionsOf(folder));
      await tune(first);
      await first.stop();
      return new DurableGround(folder, await startGround(optionsOf(folder)));
    } catch (error) {
      await folder.destroy();
      throw error;
    }
  }

  connect(): Promise<NatsConnection> {
    const { url, seedFile } = this.ground.nats;
    const seed = readFileSync(seedFile(ACCOUNT, 'admin'));
    return connect({
      servers: url,
      authenticator: nkeyAuthenticator(new Uint8Array(seed)),
      maxReconnectAttempts: -1,
      noAsyncTraces: true,
    });
  }

  /** A fresh database. */
  async database(name: string): Promise<DatabaseConnection> {
    const { bench } = await this.ground.postgres.ensureDatabase({ name, roles: [{ name: 'bench' }] });
    if (bench === undefined) throw new Error('the database has no role "bench"');
    return bench;
  }

  /** Process id of the server of the log. */
  get natsPid(): number {
    return this.ground.nats.pid ?? Number.NaN;
  }

  /**
   * Kills the server of the log, as a crash does.
   *
   * @returns ms until it answers again; who looks after it has to notice first.
   */
  async killNats(): Promise<number> {
    const from = performance.now();
    process.kill(this.natsPid, 'SIGKILL');
    for (;;) {
      await wait(20);
      if (await this.#natsAnswers()) return performance.now() - from;
    }
  }

  async #natsAnswers(): Promise<boolean> {
    try {
      const connection = await this.connect();
      const answer = await connection.request('$JS.API.STREAM.INFO.LOG_1', undefined, { timeout: 500 });
      await connection.close();
      return 'state' in answer.json<object>();
    } catch {
      return false;
    }
  }

  /** What the servers say of their durability. */
  async settings(): Promise<string[]> {
    const nats = readFileSync(join(this.folder.home, 'nats', 'nats-server.conf'), 'utf8');
    const connection = await this.database('settings');
    const client = new Client(connection);
    await client.connect();
    const names = [
      'server_version',
      'fsync',
      'synchronous_commit',
      'wal_sync_method',
      'shared_buffers',
      'max_wal_size',
    ];
    const { rows } = await client.query<{ name: string; value: string }>(
      'select name, current_setting(name) as value from unnest($1::text[]) as name',
      [names],
    );
    await client.end();
    return [
      `NATS: ${/sync_interval: \S+/.exec(nats)?.[0] ?? 'sync_interval unknown'}`,
      `PostgreSQL: ${rows.map(({ name, value }) => `${name} ${value}`).join(', ')}`,
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ground.stop();
    await this.folder.destroy();
  }
}

function optionsOf({ home }: InstallationFolder): GroundOptions {
  const { FREEHOLD_NATS_SERVER: natsServer } = systemEnvironment();
  const admin = { name: 'admin', publish: ['>'], subscribe: ['>'] };
  return {
    folder: home,
    nats: {
      accounts: [{ name: ACCOUNT, jetstream: true, users: [admin] }],
      ...(natsServer === undefined ? {} : { natsServer }),
    },
    postgres: { maxConnections: 240 },
    say: () => undefined,
  };
}

/** For the next start; what `freehold` writes into postgresql.conf is for a small server of read models. */
async function tune({ postgres }: Ground): Promise<void> {
  const client = new Client({
    host: postgres.socketFolder,
    port: postgres.port,
    user: 'freehold',
    database: 'postgres',
    password: readFileSync(postgres.adminPasswordFile, 'utf8').trim(),
  });
  await client.connect();
  for (const setting of ["shared_buffers = '1GB'", "max_wal_size = '8GB'"])
    await client.query(`alter system set ${setting}`);
  await client.end();
}
