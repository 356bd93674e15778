import { comparePositions, parsePosition, type Position, type StoredCommit } from '@freehold/kernel';
import type { NatsConnection } from '@nats-io/transport-node';
import { decodeCommit, encode, readCommit } from './commit-encoding.js';
import type { BatchLimits } from './group-commit.js';
import { jetStreamAppend } from './jetstream-append.js';
import { rawOf, storedOf } from './jetstream-follow.js';
import { askCount, askDirect, askMessage, askStream, type DirectMessage } from './jetstream-request.js';
import { followVolumes, rangeOfVolumes } from './jetstream-volumes.js';
import { LogUnavailable } from './log.errors.js';
import type { Log, RawCommit, Since } from './log.port.js';
import { subjectMatcher } from './subject-filter.js';
import { streamOf, Volumes } from './volumes.js';

/** Commits of a range that may be there unread. Who has them parsed does something with each: more only outlive a young generation. */
const AHEAD_OF_PARSED = 500;
/** Who takes them as they are would wait for the server with less. */
const AHEAD_OF_RAW = 8_000;

export interface JetStreamLogOptions {
  /** Must reconnect without end. */
  connection: NatsConnection;
  /**
   * Single commits are read over another one: while the server reads one, a whole block, nothing else that comes over the same
   * connection has its turn (docs/adr, 0048). Asked for at each read. Default: the same.
   */
  reads?: () => Promise<NatsConnection>;
  /** Of one write. Default: from 16 to 1,000 commits, 4 MiB. */
  batch?: Partial<BatchLimits>;
}

/**
 * The log on JetStream, one stream a volume. Commits are published with their expectation and without a message id, those that
 * come together in one atomic batch.
 */
export function jetStreamLog(options: JetStreamLogOptions): Log {
  const { connection, reads = () => Promise.resolve(connection), batch = {} } = options;
  const volumes = new Volumes(connection);
  const append = jetStreamAppend({ connection, volumes, batch });
  const reader = new Reader(connection, reads, volumes);
  const batches = (after: Position, to: Position, ahead: number) =>
    rangeOfVolumes({ connection, volumes, after, ahead }, async () => {
      const head = await reader.head();
      return comparePositions(to, head) < 0 ? to : head;
    });
  return {
    append: async (subject, given, expected, options = {}) => {
      const { bytes, commit } = encode(given);
      const { headers = {} } = options;
      const position = await append({ subject, commandId: commit.command.id, bytes, expected, headers });
      return position === null ? { kind: 'conflict' } : { kind: 'stored', stored: { position, subject, commit } };
    },
    last: (subject, options) => (options?.confirmed === true ? reader.confirmedLast(subject) : reader.last(subject)),
    read: (position) => reader.read(position),
    readRaw: (position) => reader.readRaw(position),
    count: (subject, since) => reader.count(subject, since),
    head: () => reader.head(),
    follow: (after, options) => followVolumes({ connection, volumes, after, read: storedOf, ...options }),
    async *range(after, to, { filter } = {}) {
      const isWanted = subjectMatcher(filter);
      for await (const batch of batches(after, to, AHEAD_OF_PARSED))
        for (const raw of batch) if (isWanted(raw.subject)) yield readCommit(raw);
    },
    followRaw: (after, options) => followVolumes({ connection, volumes, after, read: rawOf, ...options }),
    async *rangeRaw(after, to) {
      for await (const batch of batches(after, to, AHEAD_OF_RAW)) yield* batch;
    },
    rangeBatches: (after, to) => batches(after, to, AHEAD_OF_RAW),
  };
}

/** Single commits, wherever they stand. */
class Reader {
  constructor(
    private readonly connection: NatsConnection,
    private readonly reads: () => Promise<NatsConnection>,
    private readonly volumes: Volumes,
  ) {}

  async last(subject: string): Promise<StoredCommit | null> {
    const volume = await this.volumes.newest();
    const found = await askDirect(this.reads, `${streamOf(volume)}.${subject}`);
    return found === null ? this.#lastBefore(subject, volume) : stored(volume, found);
  }

  async confirmedLast(subject: string): Promise<StoredCommit | null> {
    const volume = await this.volumes.newest();
    const [found, newest] = await Promise.all([
      askMessage(this.connection, streamOf(volume), { last_by_subj: subject }),
      this.volumes.look(),
    ]);
    if (newest !== volume) return this.confirmedLast(subject);
    return found === null ? this.#lastBefore(subject, volume) : stored(volume, found);
  }

  async read(position: Position): Promise<StoredCommit | null> {
    const raw = await this.readRaw(position);
    return raw === null ? null : readCommit(raw);
  }

  async readRaw(position: Position): Promise<RawCommit | null> {
    const { volume, sequence } = parsePosition(position);
    if (sequence === 0 || volume < 1 || volume > (await this.volumes.newest(volume))) return null;
    const found = await askDirect(this.reads, streamOf(volume), { seq: sequence });
    // A lagging replica may not have it yet: only the leader's no is one.
    const confirmed = found ?? (await askMessage(this.connection, streamOf(volume), { seq: sequence }));
    if (confirmed === null) return null;
    const { subject, time, bytes } = confirmed;
    return { position: `${volume}:${confirmed.sequence}`, time, subject, body: bytes };
  }

  async count(subject: string, since: Since = null): Promise<number> {
    const volume = await this.volumes.newest();
    // While nobody knows where it ends: most of what is active ends in one of the newest two.
    const first = since instanceof Promise ? Math.max(1, volume - 1) : volumeOf(since);
    const [count, position] = await Promise.all([
      askCount(this.connection, streamOf(volume), subject),
      since,
      this.volumes.countsBefore(subject, volume, first),
    ]);
    const from = volumeOf(position);
    // Whoever wrote that has seen a newer one, or another log.
    if (from > volume) return (await this.volumes.newest(from)) > volume ? this.count(subject, position) : 0;
    const before = await this.volumes.countsBefore(subject, volume, from);
    return before.reduce((sum, each) => sum + each, count);
  }

  /** Of the newest volume that has a commit. */
  async head(): Promise<Position> {
    const volume = await this.volumes.newest();
    const [info, newest] = await Promise.all([askStream(this.connection, streamOf(volume)), this.volumes.look()]);
    if (newest !== volume) return this.head();
    if (info === null) throw new LogUnavailable(streamOf(volume));
    const before = volume - 1;
    if (info.state.last_seq > 0 || before === 0) return `${volume}:${info.state.last_seq}`;
    return `${before}:${await this.volumes.endOf(before)}`;
  }

  async #lastBefore(subject: string, volume: number): Promise<StoredCommit | null> {
    const position = await this.volumes.lastBefore(subject, volume);
    return position === null ? null : this.read(position);
  }
}

const volumeOf = (position: Position | null): number => (position === null ? 1 : parsePosition(position).volume);

function stored(volume: number, { subject, sequence, time, bytes }: DirectMessage): StoredCommit {
  const position: Position = `${volume}:${sequence}`;
  return { position, time, subject, commit: decodeCommit(bytes, position, subject) };
}
