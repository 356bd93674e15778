import { keysInBucket, Unavailable } from '@freehold/platform';
import { JetStreamApiError, StorageType } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';

const WRONG_REVISION = 10071;

export interface BucketOptions {
  name: string;
  /** Part of the bucket's configuration: whoever else makes it says the same. */
  description: string;
  /** Says that everything of the log was written once; not there in a new bucket. */
  completeKey: string;
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

  /** @throws Unavailable when somebody else wrote since `revision`. */
  async write(key: string, value: Value | null, revision: number): Promise<void> {
    const bucket = await this.#open();
    try {
      if (value === null) await bucket.delete(key, { previousSeq: revision });
      else await bucket.put(key, JSON.stringify(value), { previousSeq: revision });
    } catch (cause) {
      if (cause instanceof JetStreamApiError && cause.code === WRONG_REVISION) {
        throw new Unavailable(`the entry ${key} of ${this.options.name}, which another replica writes,`, { cause });
      }
      throw cause;
    }
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
