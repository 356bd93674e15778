import { jetstream, JetStreamApiError, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';

export const CHECKPOINTS = 'CHECKPOINTS';
const WRONG_LAST_SEQUENCE = 10071;

/** Records by subject in the stream that nobody deletes from. */
export class CheckpointStream {
  #manager: Promise<JetStreamManager> | undefined;

  constructor(private readonly connection: NatsConnection) {}

  /** The last one of a subject, from the stream's leader. */
  async last(subject: string): Promise<{ value: unknown; revision: number } | null> {
    this.#manager ??= jetstreamManager(this.connection, { checkAPI: false });
    const found = await (await this.#manager).streams.getMessage(CHECKPOINTS, { last_by_subj: subject });
    return found === null ? null : { value: found.json<unknown>(), revision: found.seq };
  }

  /** Keeps one more if the last still has this revision (0: there is none). Null: it has not. */
  keep(subject: string, value: object, revision: number): Promise<number | null> {
    const expect = { lastSubjectSequence: revision };
    return unlessOvertaken(async () => {
      const { seq } = await jetstream(this.connection).publish(subject, JSON.stringify(value), { expect });
      return seq;
    });
  }
}

/** Null when somebody else was first. */
export async function unlessOvertaken(write: () => Promise<number>): Promise<number | null> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === WRONG_LAST_SEQUENCE) return null;
    throw error;
  }
}
