import { Client } from 'pg';
import { chmodSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Installation } from '../../kit/installation.js';
import { CONTEXTS, contextSession } from './filled-cell.js';

/** As a rebuild has them. */
const SETTINGS = `set local synchronous_commit = off; set local maintenance_work_mem = '128MB'`;

interface CopiedTable {
  readonly schema: string;
  readonly table: string;
  readonly file: string;
  /** Statements for the indexes, with `PEER` for the table. */
  readonly indexes: readonly string[];
}

/**
 * The least that PostgreSQL needs for the same tables: `COPY` of the same rows from files of the server into tables of the
 * same transaction, then their indexes; all contexts at once, as a rebuild of all does it.
 */
export class CopyPeer {
  private constructor(
    private readonly installation: Installation,
    private readonly database: string,
    private readonly folder: string,
    private readonly tables: ReadonlyMap<string, readonly CopiedTable[]>,
    readonly rows: number,
  ) {}

  static async of(installation: Installation): Promise<CopyPeer> {
    const folder = join(installation.folder, 'copied');
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    const tables = new Map<string, CopiedTable[]>();
    let [rows, database] = [0, ''];
    for (const context of CONTEXTS) {
      const own = await contextSession(installation, context);
      database = own.database ?? '';
      const found = await own.query<{ schema: string; table: string; indexes: string[] }>(TABLES);
      await own.end();
      const copied = found.rows.map((each) => ({ ...each, file: join(folder, `${each.schema}.${each.table}`) }));
      tables.set(context, copied);
    }
    const peer = new CopyPeer(installation, database, folder, tables, 0);
    const admin = await peer.session();
    for (const each of [...tables.values()].flat()) {
      const serving = `"${each.schema}"."${each.table}"`;
      await admin.query(`create table ${modelOf(each)} (like ${serving})`);
      rows += (await admin.query(`copy ${serving} to '${each.file}'`)).rowCount ?? 0;
    }
    await admin.end();
    return new CopyPeer(installation, database, folder, tables, rows);
  }

  /** Milliseconds. */
  async run({ indexes }: { indexes: boolean }): Promise<number> {
    const sessions = await Promise.all(
      [...this.tables].map(async ([, tables]) => ({ tables, admin: await this.session() })),
    );
    const begun = performance.now();
    await Promise.all(sessions.map(({ admin, tables }) => copyAll(admin, tables, indexes)));
    const tookMs = performance.now() - begun;
    for (const { admin, tables } of sessions) {
      for (const each of tables) await admin.query(`drop table ${peerOf(each)}`);
      await admin.end();
    }
    return tookMs;
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async session(): Promise<Client> {
    const { home } = this.installation;
    const admin = new Client({
      host: join(home, 'postgres', 'socket'),
      user: 'freehold',
      database: this.database,
      password: readFileSync(join(home, 'keys', 'postgres-admin.password'), 'utf8').trim(),
    });
    // Told by the query that is under way.
    admin.on('error', () => undefined);
    await admin.connect();
    return admin;
  }
}

/** Tables of the edition that serves. */
const TABLES = `select current_schema() as schema, tablename as table, array(
    select regexp_replace(indexdef, '^CREATE (UNIQUE )?INDEX \\S+ ON \\S+', 'create \\1index on PEER')
    from pg_indexes i where i.schemaname = current_schema() and i.tablename = t.tablename
  ) as indexes
  from edition e, json_array_elements_text(e.tables::json) as t (tablename) where e.serving`;

/** Keeps the columns: the edition itself is dropped when the next one serves. */
const modelOf = ({ schema, table }: CopiedTable): string => `"${schema}"."model_of_${table}"`;
const peerOf = ({ schema, table }: CopiedTable): string => `"${schema}"."peer_of_${table}"`;

async function copyAll(admin: Client, tables: readonly CopiedTable[], indexed: boolean): Promise<void> {
  await admin.query(`begin; ${SETTINGS}`);
  for (const each of tables) {
    await admin.query(`create table ${peerOf(each)} (like ${modelOf(each)})`);
    await admin.query(`copy ${peerOf(each)} from '${each.file}'`);
    for (const sql of indexed ? each.indexes : []) await admin.query(sql.replace('PEER', peerOf(each)));
  }
  await admin.query('commit');
}
