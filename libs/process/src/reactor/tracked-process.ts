import {
  type AggregateName,
  comparePositions,
  type Id,
  parsePosition,
  type Position,
  positionOf,
} from '@freehold/kernel';
import type { Await } from '../effect.js';
import type { ProcessTable } from '../process-table.js';
import type { FollowedCommit } from './process-ports.js';

/** An unfinished process, as the reactor remembers it. All of it can be forgotten: the log has what counts. */
export interface Tracked {
  /** Its subject. */
  key: string;
  name: AggregateName;
  /** Null: parked, this program does not know the definition. */
  table: ProcessTable | null;
  first: Position;
  correlation: Id;
  /** Since when the attempt under way is being sent, and how often in vain. */
  patience: { commandId: Id; sinceMs: number; tries: number } | null;
  /** The last command or job that this reactor has sent with success. */
  sent: Id | null;
  watch: Watch | null;
  /** Exceptions in a row. */
  failures: number;
}

/** What an attempt waits for. */
export interface Watch {
  commandId: Id;
  awaited: Await;
  subjects: readonly string[];
  /** Commits of these aggregates that passed since the last look. */
  arrived: FollowedCommit[];
  sinceMs: number;
}

/**
 * Where the reactor's bookmark may stand: never past the first commit of an unfinished process, so that whoever reads
 * on from there after a crash meets every process that must go on.
 */
export class ProcessBookmark {
  private seen: Position | null = null;
  private readonly unfinished = new Map<string, Position>();

  passed(position: Position): void {
    if (this.seen === null || comparePositions(position, this.seen) > 0) this.seen = position;
  }

  began(key: string, first: Position): void {
    this.unfinished.set(key, first);
  }

  ended(key: string): void {
    this.unfinished.delete(key);
  }

  /** Null: nothing was read yet. */
  safe(): Position | null {
    let safe = this.seen;
    for (const first of this.unfinished.values()) {
      const { volume, sequence } = parsePosition(first);
      const before = positionOf({ volume, sequence: sequence - 1 });
      if (safe === null || comparePositions(before, safe) < 0) safe = before;
    }
    return safe;
  }
}
