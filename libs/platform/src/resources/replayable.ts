import { isEnciphered, Json, type Operation, type StoredCommit } from '@freehold/kernel';
import { foldOne, type Source, type ViewRow } from '@freehold/projection';
import { z } from 'zod';
import type { Represented, Resource } from './resource.js';

/**
 * A resource as whoever has only the log tells it: what `?at=` answers as recorded, folded by the same functions, without
 * NATS, PostgreSQL and vault. What is enciphered stays so: `enciphered:<key>:<digest or bytes>`.
 */
export interface Replayable {
  /** As its operations are named: `deployment.deployment`. */
  kind: string;
  /** Which aggregates it is a fold of. */
  source: Source;
  /** @param commits one aggregate's, oldest first. Null: they are of another kind, or it is gone. Throws ProjectionFailed. */
  fold(commits: readonly StoredCommit[]): Promise<Replayed | null>;
}

/** Whose it is: an operator, or `_`. */
export type Replayed = Omit<Represented<Json, never>, 'observed'> & { operator: string };

interface Contract {
  get: Pick<Operation, 'id' | 'reply'>;
}

/** @param contract as the kernel's `resource` makes it: what is told passes through its schema, as in the API. */
export function replayable<Row extends ViewRow, Recorded>(
  { get }: Contract,
  { projection, recorded }: Pick<Resource<Row, Recorded, never>, 'projection' | 'recorded'>,
): Replayable {
  const reply = z.object({ recorded: Json });
  return {
    kind: get.id,
    source: projection.source,
    fold: async (commits) => {
      const last = commits.at(-1);
      const state = last === undefined ? null : foldOne(projection, commits, last.position);
      if (state === null) return null;
      const { operator, position, version } = state;
      const shown = await recorded(closed(state.row), operator, false);
      const told = get.reply.parse(asJson({ recorded: shown, observed: null, etag: version, position }));
      return { recorded: reply.parse(told).recorded, operator, etag: version, position };
    },
  };
}

/** Members that are undefined are not there. */
const asJson = (value: object): Json => Json.parse(JSON.parse(JSON.stringify(value)));

/**
 * How a value is told that only the cell's vault opens: the same text for the same value as long as its key lives, as far
 * as it has a digest; otherwise for the same bytes.
 */
function encipheredText(value: unknown): string | null {
  if (!isEnciphered(value)) return null;
  return `enciphered:${value.$enciphered}:${value.digest ?? value.data}`;
}

/** Representations are made of rows whose enciphered values are texts, opened or not. */
function closed<Value>(value: Value): Value;
function closed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => closed(each));
  return (
    encipheredText(value) ??
    Object.fromEntries(Object.entries(value).map(([name, each]) => [name, closed(each)] as const))
  );
}
