import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type AggregateName, event, type EventsOf } from '@freehold/kernel';
import {
  type AggregateDefinition,
  type AggregateStore,
  createAggregateStore,
  createAppender,
  type Log,
  memoryLog,
  subjectOf,
} from '@freehold/log';
import { claimGround, type ClaimedGround, eventually } from '@freehold/supervisor/testing';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { z } from 'zod';
import type { DatabaseOptions } from '../orm.js';
import { silent } from '../testing/thing.fixture.js';
import { PostgresStates } from './postgres-states.js';

const events = [event('accounts.tag-added.v1', z.object({ tag: z.string() }))] as const;

const tags: AggregateDefinition<ReadonlySet<string>, { tag: string }, EventsOf<typeof events>> = {
  ...{ context: 'accounts', aggregate: 'tags', events, stateVersion: 1 },
  initialState: () => new Set(),
  evolve: (state, { data }) => state.union(new Set([data.tag])),
  decide: ({ tag }) => ({ kind: 'accepted', events: [{ type: 'accounts.tag-added.v1', data: { tag } }] }),
};

const newTags = (): AggregateName => ({
  ...{ context: 'accounts', aggregate: 'tags', operator: randomUUID(), id: randomUUID() },
});

/** Fails when a commit is read: what is loaded comes from the row. */
const unread = (log: Log): Log => ({
  ...log,
  last: () => Promise.reject(new Error('the last commit was read')),
  read: () => Promise.reject(new Error('a commit was read')),
});

describe('folded states in PostgreSQL', () => {
  let ground: ClaimedGround;
  let client: Client;
  let log: Log;
  const open: PostgresStates[] = [];

  const statesOn = (connection: DatabaseOptions, of: Log): PostgresStates => {
    const states = new PostgresStates({ log: of, connection, logger: silent, boundMs: 20_000, pauseMs: 20 });
    open.push(states);
    return states;
  };
  /** A service that has just started. */
  const started = (of: Log, states = statesOn(ground.database, of)): AggregateStore =>
    createAggregateStore({ log: of, appender: createAppender({ log: of }), clock: () => new Date(0), states });
  const add = (store: AggregateStore, name: AggregateName, tag: string) =>
    store.execute({
      definition: tags,
      name,
      command: { tag },
      meta: {
        ...{ commandId: randomUUID(), commandName: 'accounts.add-tag', digest: 'd', cause: null },
        ...{ actor: { kind: 'system', id: 'test' }, correlation: randomUUID() },
      },
    });
  const isThere = async (): Promise<boolean> => {
    const { rows } = await client.query<{ there: boolean }>(
      `select to_regclass('aggregate_state') is not null as there`,
    );
    return rows[0]?.there === true;
  };
  const kept = async (version: number): Promise<boolean> => {
    if (!(await isThere())) return false;
    const { rows } = await client.query('select 1 from aggregate_state where version = $1', [version]);
    return rows.length > 0;
  };

  beforeAll(async () => {
    ground = await claimGround();
    client = new Client(ground.database);
    await client.connect();
    await client.query(`set search_path to "${ground.database.schema}"`);
  });
  beforeEach(() => {
    log = memoryLog();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((states) => states.stop()));
    await client.query('drop table if exists aggregate_state, aggregate_state_reach');
  });
  afterAll(async () => {
    await client.end();
    await ground.release();
  });

  it('are what the commits make, for a service that has just started', async () => {
    const name = newTags();
    const store = started(log);
    for (const tag of ['a', '\u0000', '\uD800', '$set']) await add(store, name, tag);
    const folded = await started(log, statesOn({ ...ground.database, schema: 'nowhere' }, log)).load(tags, name);
    expect(await eventually(() => kept(4))).toBe(true);
    expect(await started(unread(log)).load(tags, name)).toEqual(folded);
    expect(folded.state).toEqual(new Set(['a', '\u0000', '\uD800', '$set']));
  });

  it('are written again when a row is old or cannot be read', async () => {
    const name = newTags();
    const store = started(log);
    for (const tag of ['a', 'b']) await add(store, name, tag);
    expect(await eventually(() => kept(2))).toBe(true);
    for (const change of [
      `version = 1, position = '1:1'`,
      `document = '{'`,
      `document = '{}'`,
      `document = '{"state":{"$set":1},"commandIds":[]}'`,
    ]) {
      await client.query(`update aggregate_state set ${change}`);
      expect((await started(log).load(tags, name)).state).toEqual(new Set(['a', 'b']));
      const states = statesOn(ground.database, unread(log));
      expect(await eventually(async () => (await states.find(keyOf(name)))?.version === 2)).toBe(true);
    }
  });

  it('go when they are ahead of the log', async () => {
    const [name, longer] = [newTags(), memoryLog()];
    const store = started(longer);
    for (const tag of ['a', 'b', 'c']) await add(store, name, tag);
    expect(await eventually(() => kept(3))).toBe(true);
    await add(started(log), name, 'z');
    const { rows } = await client.query('select version from aggregate_state where version > 1');
    expect(rows).toEqual([]);
  });

  it('are kept again after their tables have gone', async () => {
    const name = newTags();
    const store = started(log);
    await add(store, name, 'a');
    expect(await eventually(() => kept(1))).toBe(true);
    await client.query('drop table aggregate_state');
    let version = 1;
    const keptAgain = async (): Promise<boolean> => {
      version += 1;
      expect(await add(store, name, `${version}`)).toMatchObject({
        kind: 'committed',
        stored: { commit: { version } },
      });
      return isThere();
    };
    expect(await eventually(keptAgain)).toBe(true);
  });

  it('are not waited for, but once, while the database hangs', async () => {
    const hanging = await HangingServer.listen(ground.folder, ground.database.port);
    const states = new PostgresStates({
      ...{ log, logger: silent, boundMs: 50, pauseMs: 3_600_000 },
      connection: { ...ground.database, host: ground.folder },
    });
    const name = newTags();
    for (let n = 1; n <= 20; n += 1) {
      expect(await add(started(log, states), name, `${n}`)).toMatchObject({ stored: { commit: { version: n } } });
    }
    expect(hanging.connections).toBe(1);
    hanging.close();
    await states.stop();
  });
});

const keyOf = (name: AggregateName) => ({ subject: subjectOf(name), stateVersion: 1 });

/** Stands where PostgreSQL's socket would be, takes connections and says nothing. */
class HangingServer {
  readonly #sockets: Socket[] = [];

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.#sockets.push(socket);
      socket.on('error', () => undefined);
    });
  }

  static async listen(folder: string, port: number): Promise<HangingServer> {
    const server = createServer();
    server.listen(join(folder, `.s.PGSQL.${port}`));
    await once(server, 'listening');
    return new HangingServer(server);
  }

  get connections(): number {
    return this.#sockets.length;
  }

  close(): void {
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
