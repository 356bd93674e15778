import pg from 'pg';
import { copyIn } from './copy-in.js';

/** The one connection of a build. Statements go out one after another, in the order of calls; nobody need wait between them. */
export class BuildSession {
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly client: pg.Client) {}

  async query<Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    // An empty list of values would make it a prepared statement, which is one statement only.
    const args: [string, unknown[]?] = values.length === 0 ? [sql] : [sql, [...values]];
    return (await this.#next(() => this.client.query<Row>(...args))).rows;
  }

  /** @param sql `copy … from stdin`. @param lines rows in its text format, without newlines. */
  copy(sql: string, lines: Iterable<string>): Promise<void> {
    return this.#next(() => copyIn(this.client, sql, lines));
  }

  #next<Result>(ask: () => Promise<Result>): Promise<Result> {
    const asked = this.#last.then(ask);
    this.#last = asked.catch(() => undefined);
    return asked;
  }
}
