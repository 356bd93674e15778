import { z } from 'zod';
import { Id, Instant, Position } from './ids.js';

/**
 * Who caused a commit. Never a person's name: ids of credentials, processes, agents, the system itself, or of another
 * provider (`peer`: its origin).
 */
export const Actor = z.object({ kind: z.enum(['credential', 'process', 'agent', 'system', 'peer']), id: z.string() });
export type Actor = z.infer<typeof Actor>;

/** `<context>.<event>.v<n>` with what happened. Unknown fields are kept. */
export const RecordedEvent = z.object({
  type: z.string().regex(/^[a-z]+\.[a-z0-9-]+\.v[1-9][0-9]*$/, '<context>.<event>.v<n>'),
  data: z.record(z.string(), z.json()),
});
export type RecordedEvent = z.infer<typeof RecordedEvent>;

/**
 * The body of one message of the log: the events that one command caused in one aggregate, together or not at all.
 * `digest` is a keyed digest of the command's body; `cause` an event id `<position>/<index>`.
 */
export const Commit = z.object({
  version: z.int().positive(),
  previous: Position.nullable(),
  at: Instant,
  actor: Actor,
  command: z.object({ id: Id, name: z.string(), digest: z.string() }),
  cause: z.string().nullable(),
  correlation: Id,
  events: z.array(RecordedEvent).min(1),
});
export type Commit = Omit<z.infer<typeof Commit>, 'previous'> & { previous: Position | null };

/** A commit as the log holds it. `time` is the stream's time in nanoseconds since 1970, as a decimal string. */
export interface StoredCommit {
  position: Position;
  time: string;
  subject: string;
  commit: Commit;
}
