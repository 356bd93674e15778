import { keysInBucket, Unavailable } from '@freehold/platform';
import { JetStreamApiError, jetstreamManager, StorageType } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';

/** An expectation failed, or a message of this sequence is not there (any more). */
const WRITTEN_SINCE = new Set([10071, 10043, 10057]);

export interface BucketOptions {
  name: string;
  /** Part of the bucket's configuration: whoever else makes it says the same. */
  description: string;
  /** Says that everything of the log was written once; not there in a new bucket. */
  completeKey: string;
  /** Its values are personal: one that is replaced is overwritten on disk, where the server would leave its bytes. */
  erases?: boolean;
}

/** A bucket that a reconciler keeps equal to the log: nothing in it is truth, and it is written again when it is lost. */
export class ReconciledBucket<Value extends object> {
  #bucket: Promise<KV> | undefined;

  constructor(
    private readonly connection: NatsConnection,
    private readonly options: BucketOptions,
  ) {}

  /** Makes the bucket if it is missing. False: it is new, and the log must be written into it. */
  async isComplete(): Promise<boolean> {
    this.#bucket = undefined;
    return (await (await this.#open()).get(this.options.completeKey))?.operation === 'PUT';
  }

  async markComplete(): Promise<void> {
    await (await this.#open()).put(this.options.completeKey, new Date().toISOString());
  }

  /** What the entry says, and its revision for compare-and-set; 0: there never was one. */
  async read(key: string): Promise<{ value: Value | null; revision: number }> {
    const entry = await (await this.#open()).get(key);
    return { value: entry?.operation === 'PUT' ? entry.json<Value>() : null, revision: entry?.revision ?? 0 };
  }

  /** Those of entries that were deleted too. */
  async keys(filter: string): Promise<string[]> {
    await this.#open();
    return keysInBucket(this.connection, this.options.name, filter);
  }

  /**
   * On a crash in the middle the entry may be gone from a bucket that erases; the next look writes it again.
   * @throws Unavailable when somebody else wrote since `revision`.
   */
  async write(key: string, value: Value | null, revision: number): Promise<void> {
    const bucket = await this.#open();
    try {
      const previousSeq = this.options.erases === true ? await this.#erased(revision) : revision;
      if (value === null) await bucket.delete(key, { previousSeq });
      else await bucket.put(key, JSON.stringify(value), { previousSeq });
    } catch (cause) {
      if (cause instanceof JetStreamApiError && WRITTEN_SINCE.has(cause.code)) {
        throw new Unavailable(`the entry ${key} of ${this.options.name}, which another replica writes,`, { cause });
      }
      throw cause;
    }
  }

  /** Overwrites what has this revision. Answers the revision of an entry that is not there. */
  async #erased(revision: number): Promise<number> {
    if (revision === 0) return 0;
    const manager = await jetstreamManager(this.connection, { checkAPI: false });
    await manager.streams.deleteMessage(`KV_${this.options.name}`, revision, true);
    return 0;
  }

  #open(): Promise<KV> {
    const { name, description } = this.options;
    this.#bucket ??= new Kvm(this.connection)
      .create(name, { history: 1, storage: StorageType.File, description })
      .catch((cause: unknown) => {
        this.#bucket = undefined;
        throw new Unavailable(`the bucket ${name}`, { cause });
      });
    return this.#bucket;
  }
}
