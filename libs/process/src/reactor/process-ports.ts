import type { Finding, Id, OperationReply, OperatorToken, StoredCommit } from '@freehold/kernel';
import type { AggregateStore } from '@freehold/log';
import type { Effect, Json } from '../effect.js';

/** Loads and changes processes, and reads the histories of what they await. */
export type ProcessStore = Pick<AggregateStore, 'load' | 'execute' | 'history'>;

/** A commit as a follower hands it on. */
export type FollowedCommit = Pick<StoredCommit, 'position' | 'subject' | 'commit'>;

/** Carries what a step yields: a command as a request over NATS, a job into the work queue. */
export interface ProcessTransport {
  /**
   * Sends, and answers what came of it. A message sent again has the same command id, and its receiver answers the
   * same. A job has succeeded when the queue has it. An exception counts as `unavailable`.
   */
  send(message: StepMessage): Promise<SendOutcome>;
}

export interface StepMessage {
  effect: Effect;
  commandId: Id;
  /** Whom the process belongs to, and so its commands. */
  operator: OperatorToken;
  processId: Id;
  step: string;
  direction: 'do' | 'undo';
  /** The event that led to this, `<position>/<index>`. */
  cause: string | null;
  /** That of the process's first commit. */
  correlation: Id;
}

export type SendOutcome =
  | { kind: 'succeeded'; reply: Json }
  | { kind: 'refused'; findings: readonly Finding[] }
  /** No outcome: 503, nobody answered, or nobody knows. The same message is sent again. */
  | { kind: 'unavailable'; detail: string };

/** What a reply means to a process. A bug at the other end is no outcome either: it is tried again until the deadline. */
export function sendOutcomeOf(reply: OperationReply): SendOutcome {
  switch (reply.kind) {
    case 'done':
      return { kind: 'succeeded', reply: reply.reply };
    case 'refused':
      return { kind: 'refused', findings: reply.findings };
    case 'failed':
      return { kind: 'unavailable', detail: `${reply.reason}: ${reply.detail}` };
  }
}

export interface ProcessClock {
  now(): Date;
  /** Calls `wake` once, after at most `ms` (below 2³¹); the answer cancels it. */
  after(ms: number, wake: () => void): () => void;
}

export const systemClock: ProcessClock = {
  now: () => new Date(),
  after: (ms, wake) => {
    const timer = setTimeout(wake, ms);
    return () => clearTimeout(timer);
  },
};

/** What a person should see: a process that cannot go on now, or is stuck. It is told again each time it is met. */
export interface Trouble {
  kind: string;
  processId: Id;
  /** `retrying`: by itself, with growing pauses. `parked`: this program cannot run it. `stuck`: staff decide. */
  state: 'retrying' | 'parked' | 'stuck';
  detail: string;
  cause?: unknown;
}
