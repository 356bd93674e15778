import { accepted } from '@freehold/decider';
import {
  type AggregateName,
  type Commit,
  event,
  type EventsOf,
  parsePosition,
  type Position,
  positionOf,
} from '@freehold/kernel';
import { type AggregateDefinition, type AggregateState, createAppender, type Log, subjectOf } from '@freehold/log';
import type { DatabaseConnection } from '@freehold/supervisor';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { EVENT_DATA, EVENT_TYPE } from '../append/append-system.js';
import { openStates } from './kept-states.js';

export const COMMITS = 10;
const WRITERS = 1_000;
/** As many as wait at once to be written. */
const KEPT_AT_ONCE = 10_000;
/** A server that is filled may be silent for a while. */
const PATIENCE_MS = 120_000;

const data = z.object({
  ...{ application: z.string(), release: z.string(), environment: z.string(), note: z.string() },
  configuration: z.object({ name: z.string(), registration: z.string(), mediaBytes: z.int() }),
});
const events = [event(EVENT_TYPE, data)] as const;

/** What the aggregates are: how often something happened to them, and what the last time. */
export interface Counted {
  times: number;
  last: z.infer<typeof data> | null;
}

export const counted: AggregateDefinition<Counted, never, EventsOf<typeof events>> = {
  ...{ context: 'deployment', aggregate: 'deployment', events, stateVersion: 1 },
  initialState: () => ({ times: 0, last: null }),
  evolve: ({ times }, { data: last }) => ({ times: times + 1, last }),
  decide: () => accepted(),
};

/**
 * Aggregates of ten commits in the log, and their folded states as services leave them. Those of one `grow` get their first
 * commits, then their second, and so on: each is spread over all of what was written then.
 */
export class Population {
  readonly #volumes: Uint8Array;
  readonly #sequences: Uint32Array;
  readonly #appender;
  #size = 0;

  constructor(
    private readonly log: Log,
    most: number,
  ) {
    this.#volumes = new Uint8Array(most * COMMITS);
    this.#sequences = new Uint32Array(most * COMMITS);
    this.#appender = createAppender({ log, deadlineMs: PATIENCE_MS });
  }

  get size(): number {
    return this.#size;
  }

  async grow(to: number): Promise<void> {
    for (let version = 1; version <= COMMITS; version += 1) {
      let next = this.#size;
      const write = async (): Promise<void> => {
        while (next < to) {
          next += 1;
          await this.#append(next - 1, version);
        }
      };
      await Promise.all(Array.from({ length: WRITERS }, write));
    }
    this.#size = to;
  }

  /** Writes the rows of the aggregates from this number on, as the aggregate store does. */
  async keepStates(from: number, connection: DatabaseConnection): Promise<void> {
    for (let first = from; first < this.#size; first += KEPT_AT_ONCE) {
      const states = openStates(this.log, connection);
      for (let index = first; index < Math.min(first + KEPT_AT_ONCE, this.#size); index += 1) {
        states.keep({ subject: subjectOf(nameOf(index)), stateVersion: counted.stateVersion }, this.#folded(index));
      }
      await states.stop();
    }
  }

  async #append(index: number, version: number): Promise<void> {
    const previous = version === 1 ? null : this.#positionOf(index, version - 1);
    const commit = commitOf(`${index}`, version, previous);
    const outcome = await this.#appender.append({ subject: subjectOf(nameOf(index)), commit, expected: previous });
    if (outcome.kind !== 'stored') throw new Error('another commit came first');
    const { volume, sequence } = parsePosition(outcome.stored.position);
    const at = index * COMMITS + version - 1;
    this.#volumes[at] = volume;
    this.#sequences[at] = sequence;
  }

  #positionOf(index: number, version: number): Position {
    const at = index * COMMITS + version - 1;
    return positionOf({ volume: this.#volumes[at] ?? 0, sequence: this.#sequences[at] ?? 0 });
  }

  #folded(index: number): AggregateState<Counted> {
    const versions = Array.from({ length: COMMITS }, (_, n) => n + 1);
    return {
      state: { times: COMMITS, last: EVENT_DATA },
      version: COMMITS,
      position: this.#positionOf(index, COMMITS),
      commandIds: new Map(versions.map((each) => [commandId(`${index}`, each), this.#positionOf(index, each)])),
    };
  }
}

/** A hundred aggregates to an operator. */
export const nameOf = (index: number): AggregateName => ({
  ...{ context: counted.context, aggregate: counted.aggregate },
  operator: uuidOf(`operator ${Math.floor(index / 100)}`),
  id: uuidOf(`aggregate ${index}`),
});

const commandId = (of: string, version: number): string => uuidOf(`command ${of} ${version}`);

/** Always the same, and in no order. */
export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** `of` tells aggregates apart. */
export const commitOf = (of: string, version: number, previous: Position | null): Commit => ({
  ...{ version, previous, cause: null, correlation: commandId(of, 0) },
  at: '2026-11-21T12:00:00.000Z',
  actor: { kind: 'system', id: 'bench' },
  command: { id: commandId(of, version), name: 'deployment.order', digest: '9f86d081884c7d659a2feaa0c55ad015' },
  events: [{ type: EVENT_TYPE, data: EVENT_DATA }],
});
