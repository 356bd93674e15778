import { reportJobOutcome } from '@freehold/deployment-contract';
import { operationSubject, type Position, type RecordedEvent, type StoredCommit } from '@freehold/kernel';
import { jetStreamLog, type Log } from '@freehold/log';
import { jetstreamManager } from '@nats-io/jetstream';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { eventually } from '@freehold/supervisor/testing';
import { adminConnection } from '../kit/admin-connection.js';

/**
 * What can be seen of an order from outside, in the order in which it happens: each commit of the log; a desired state
 * written; a job published, given to the agent, its outcome reported, and acknowledged.
 */
export const SIGNALS = ['commit', 'desired', 'job-published', 'job-taken', 'job-reported', 'job-acknowledged'] as const;
export type SignalName = (typeof SIGNALS)[number];

/** The `nth` of its name since the watch began, from 1. */
export interface Signal {
  readonly name: SignalName;
  readonly nth: number;
  /** For people: what kind of commit, which job. */
  readonly about: string;
  readonly atMs: number;
}

/** Takes the jobs of moves that are for the other provider. */
const COURIER = 'courier';

const nameOf = ({ type, data: { step } }: RecordedEvent): string =>
  typeof step === 'string' ? `${type} ${step}` : type;

/** Watches one installation over a connection of its own, with the administrator's key; outlives the death of NATS. */
export class Moments implements AsyncDisposable {
  readonly commits: StoredCommit[] = [];
  readonly log: Log;
  readonly #ending = new AbortController();
  readonly #following: Promise<void>;
  #watcher: (signal: Signal) => void = () => undefined;
  #counts = new Map<SignalName, number>();
  #startedAt = 0;
  #from = 0;
  #lastJob = 0;

  private constructor(readonly connection: NatsConnection) {
    this.log = jetStreamLog({ connection });
    this.#following = this.#follow();
    this.#hear('$KV.DESIRED.>', 'desired');
    this.#hear('job.>', 'job-published');
    this.#hear(operationSubject(reportJobOutcome), 'job-reported');
    this.#hear('$JS.ACK.JOBS.>', 'job-acknowledged', (message) => message.string() === '+ACK');
  }

  static async of(home: string): Promise<Moments> {
    return new Moments(await adminConnection(home, 'faults'));
  }

  /** From now on `watcher` hears of each signal, counted from here. */
  async watch(watcher: (signal: Signal) => void): Promise<void> {
    await this.caughtUp();
    this.#counts = new Map();
    this.#lastJob = (await (await jetstreamManager(this.connection)).streams.info('JOBS')).state.last_seq;
    this.#startedAt = performance.now();
    this.#from = this.commits.length;
    this.#watcher = watcher;
  }

  /** Commits since the watch began. */
  get since(): readonly StoredCommit[] {
    return this.commits.slice(this.#from);
  }

  /** Resolves when everything that is in the log now has been seen. @throws when that takes longer than 30 s */
  async caughtUp(): Promise<void> {
    const seen = async (): Promise<boolean> => {
      const head: Position | null = await this.log.head().catch(() => null);
      return head !== null && (head === '1:0' || this.commits.at(-1)?.position === head);
    };
    if (!(await eventually(seen, { timeoutMs: 30_000 }))) throw new Error('the log cannot be followed');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.connection.close();
    await this.#following;
  }

  async #follow(): Promise<void> {
    for await (const stored of this.log.follow('1:0', { signal: this.#ending.signal })) {
      this.commits.push(stored);
      this.#tell('commit', stored.commit.events.map(nameOf).join(', '));
    }
  }

  #hear(subject: string, name: SignalName, counts: (message: Msg) => boolean = () => true): void {
    this.connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null && counts(message)) this.#tell(name, message.subject);
      },
    });
  }

  #tell(name: SignalName, about: string): void {
    const nth = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, nth);
    this.#watcher({ name, nth, about, atMs: performance.now() - this.#startedAt });
    if (name === 'job-published') void this.#untilTaken(about, this.#lastJob + nth);
  }

  /**
   * Asks for the consumer's height. To listen where jobs are delivered would disturb: the server would take us for the
   * agent that was killed, and deliver.
   */
  async #untilTaken(subject: string, sequence: number): Promise<void> {
    const host = subject.split('.')[1] ?? '';
    const consumer = host === COURIER ? COURIER : `agent-${host}`;
    const call = `$JS.API.CONSUMER.INFO.JOBS.${consumer}`;
    const taken = async (): Promise<boolean> => {
      const answer = await this.connection.request(call, '', { timeout: 1_000 }).catch(() => undefined);
      const info = answer?.json<{ delivered?: { stream_seq: number } }>();
      return this.#ending.signal.aborted || (info?.delivered?.stream_seq ?? 0) >= sequence;
    };
    if (await eventually(taken, { timeoutMs: 60_000, intervalMs: 5 })) this.#tell('job-taken', subject);
  }
}
