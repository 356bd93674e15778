import { type AggregateName, type Instant, parsePosition, positionOf, type Position } from '@freehold/kernel';
import { type Log, subjectOf } from '@freehold/log';
import { commitIndexView, type IndexedCommit } from './commit-index.js';
import { nanosecondsOf } from './instant.js';
import type { ProjectionRunner } from './projection-runner.js';
import { START } from './view-schema.js';

export interface HistoryOptions {
  /** Only what comes before it. */
  before?: Position;
  limit: number;
}

/** Newest first. Throws ViewsUnavailable. */
export interface CommitIndexQueries {
  /**
   * Which position an instant is: the end of the longest prefix of the log whose stream time, as a running maximum, is
   * not after it; `1:0` before the first. It takes what the log holds now: an instant yet to come has no last word.
   *
   * @throws RangeError for what is no instant; TimedOut when the index does not reach the log's end in time.
   */
  positionAt(instant: Instant, options?: { timeoutMs?: number }): Promise<Position>;
  byOperator(operator: string, options: HistoryOptions): Promise<IndexedCommit[]>;
  byAggregate(name: AggregateName, options: HistoryOptions): Promise<IndexedCommit[]>;
  all(options: HistoryOptions): Promise<IndexedCommit[]>;
}

/** @param runner one whose views contain `commitIndexView`. */
export function commitIndexQueries({ runner, log }: { runner: ProjectionRunner; log: Log }): CommitIndexQueries {
  const newest = async (field: 'operator' | 'subject' | null, value: string, { before, limit }: HistoryOptions) => {
    const end = before === undefined ? null : parsePosition(before);
    const conditions = [
      ...(field === null ? [] : [`${field} = ?`]),
      ...(end === null ? [] : ['(volume, sequence) < (?, ?)']),
    ];
    const params = [...(field === null ? [] : [value]), ...(end === null ? [] : [end.volume, end.sequence])];
    const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : '';
    const found = await runner.query((em, { table }) =>
      em.execute<{ document: IndexedCommit }[]>(
        `select document from ${table(commitIndexView)} ${where} order by volume desc, sequence desc limit ?`,
        [...params, limit],
      ),
    );
    return found.map(({ document }) => document);
  };

  return {
    async positionAt(instant, { timeoutMs = 5000 } = {}) {
      const time = String(withinBigint(nanosecondsOf(instant)));
      await runner.waitFor(await log.head(), { timeoutMs });
      return runner.query(async (em, snapshot) => {
        const table = snapshot.table(commitIndexView);
        // The first commit that is later ends the prefix, also when stream time steps back after it.
        const [later] = await em.execute<{ volume: number; sequence: string | number }[]>(
          `select volume, sequence from ${table} where time > ? order by volume, sequence limit 1`,
          [time],
        );
        if (later === undefined) return snapshot.position;
        const [last] = await em.execute<{ volume: number; sequence: string | number }[]>(
          `select volume, sequence from ${table} where (volume, sequence) < (?, ?)
            order by volume desc, sequence desc limit 1`,
          [later.volume, later.sequence],
        );
        return last === undefined ? START : positionOf({ volume: last.volume, sequence: Number(last.sequence) });
      });
    },
    byOperator: (operator, options) => newest('operator', operator, options),
    byAggregate: (name, options) => newest('subject', subjectOf(name), options),
    all: (options) => newest(null, '', options),
  };
}

/** The column is a bigint: what lies before 1677 or after 2262 is as early or late as that. */
function withinBigint(nanoseconds: bigint): bigint {
  const latest = 2n ** 63n - 1n;
  if (nanoseconds > latest) return latest;
  return nanoseconds < -latest ? -latest : nanoseconds;
}
