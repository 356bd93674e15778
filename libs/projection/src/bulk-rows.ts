import type { BuildSession } from './build-session.js';
import { copyField } from './copy-in.js';
import { foldInto, type KeyedEvent } from './fold.js';
import { KeyFilter } from './key-filter.js';
import type { ViewRow, ViewState } from './projection.js';
import type { View } from './view-entity.js';
import { fieldsOf, OWN_FIELDS, quoted, recordOf, type StoredView, stateOf } from './view-table.js';

/**
 * The rows of one view while they are written in bulk: folded in memory, the last state of each row wins, and what has
 * come together goes out in one COPY. A row that is touched again after that is read back, and replaced by the next one.
 * The table gets its primary key when the first row is read back, or at the end.
 */
export class BulkRows {
  readonly view: View;
  #rows = new Map<string, ViewState<ViewRow> | null>();
  /** Of these rows: those that the table has an older state of. */
  #replaced = new Set<string>();
  readonly #written = new KeyFilter();
  readonly #copy: string;
  #hasKey = false;

  /** @param table its full name, quoted. It is empty, and nobody else writes it. */
  constructor(
    private readonly session: BuildSession,
    view: View,
    private readonly table: string,
  ) {
    this.view = view;
    this.#copy = `copy ${table} (${fieldsOf(view).map(quoted).join(', ')}) from stdin`;
  }

  /** How many rows are in memory. */
  get size(): number {
    return this.#rows.size;
  }

  /** @throws ProjectionFailed. */
  async fold(events: readonly KeyedEvent[]): Promise<void> {
    const unknown = new Set<string>();
    for (const { key } of events) if (!this.#rows.has(key) && this.#written.mayHave(key)) unknown.add(key);
    if (unknown.size > 0) await this.#readBack([...unknown]);
    foldInto(this.view.projection, this.#rows, events);
  }

  /** Writes the rows in memory and forgets them. Statements go out in the order of calls; nobody need wait between them. */
  async write(): Promise<void> {
    const [rows, replaced] = [this.#rows, this.#replaced];
    this.#rows = new Map();
    this.#replaced = new Set();
    const present = [...rows.values()].filter((state) => state !== null);
    for (const { row } of present) this.#written.add(row.id);
    const removed =
      replaced.size > 0 && this.session.query(`delete from ${this.table} where id = any($1)`, [[...replaced]]);
    const copied = present.length > 0 && this.session.copy(this.#copy, linesOf(this.view, present));
    await Promise.all([removed, copied]);
  }

  /** Writes the rest, and makes the primary key unless it is there. */
  async finish(): Promise<void> {
    await this.write();
    if (!this.#hasKey) await this.#makeKey();
  }

  async #readBack(keys: readonly string[]): Promise<void> {
    if (!this.#hasKey) await this.#makeKey();
    const rows = await this.session.query<StoredView>(
      `select ${OWN_FIELDS.map(quoted).join(', ')} from ${this.table} where id = any($1)`,
      [keys],
    );
    for (const stored of rows) {
      this.#rows.set(stored.id, stateOf(stored));
      this.#replaced.add(stored.id);
    }
  }

  async #makeKey(): Promise<void> {
    this.#hasKey = true;
    await this.session.query(`alter table ${this.table} add primary key (id)`);
  }
}

function* linesOf(view: View, states: readonly ViewState<ViewRow>[]): Generator<string> {
  for (const state of states) yield recordOf(view, state).map(copyField).join('\t');
}
