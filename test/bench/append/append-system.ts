import type { Commit, Position } from '@freehold/kernel';
import { randomUUID } from 'node:crypto';

/** One way to keep events durably: what is measured, and each peer. */
export interface AppendSystem {
  readonly name: string;
  /**
   * A new stream, for one writer.
   *
   * @returns appends event number `version` (from 1) if the stream has exactly those before it, and throws if it is not stored.
   */
  openStream(): (version: number) => Promise<void>;
  /** How many events it holds. */
  stored(): Promise<number>;
  close(): Promise<void>;
}

/** What happened, about 300 bytes as JSON; the same for all. */
export const EVENT_DATA = {
  application: 'synapse',
  release: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  configuration: { name: 'matrix.example.org', registration: 'closed', mediaBytes: 10_737_418_240 },
  environment: '0190b3c2-7d1e-7c3a-9a55-0c8d7d1c2f10',
  note: 'x'.repeat(60),
} as const;

export const EVENT_TYPE = 'deployment.ordered.v1';

/** The event as a commit of its stream. */
export const commitOf = (version: number, previous: Position | null): Commit => ({
  version,
  previous,
  at: new Date().toISOString(),
  actor: { kind: 'system', id: 'bench' },
  command: { id: randomUUID(), name: 'deployment.order', digest: '9f86d081884c7d659a2feaa0c55ad015' },
  cause: null,
  correlation: randomUUID(),
  events: [{ type: EVENT_TYPE, data: EVENT_DATA }],
});
