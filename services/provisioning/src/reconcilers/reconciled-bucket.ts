import { keysInBucket, Unavailable } from '@freehold/platform';
import { eraseOlder, eraseReplaced } from '@freehold/vault';
import { JetStreamApiError, jetstreamManager, StorageType } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';

/** An expectation failed: 10071 on one server, 10164 in a cluster. */
const WRITTEN_SINCE = new Set([10071, 10164]);

export interface BucketOptions {
  name: string;
  /** Part of the bucket's configuration: whoever else makes it says the same. */
  description: string;
  /** Says that everything of the log was written once; not there in a new bucket. */
  completeKey: string;
  /** Its values are personal: one that is replaced is overwritten on disk, where the server would leave its bytes. */
  erases?: boolean;
}

/** Messages a key of a bucket that erases: what is replaced is there until it was overwritten. */
export const HISTORY_OF_ERASED = 2;

/** A bucket that a reconciler keeps equal to the log: nothing in it is truth, and it is written again when it is lost. */
export class ReconciledBucket<Value extends object> {
  #bucket: Promise<KV> | undefined;
  /** Keys that were written, of which what they were before may be there still. */
  readonly #replaced = new Set<string>();

  constructor(
    private readonly connection: NatsConnection,
    private readonly options: BucketOptions,
  ) {}

  /** Makes the bucket if it is missing; ends what a crash has interrupted. False: it is new, and the log must be written into it. */
  async isComplete(): Promise<boolean> {
    this.#bucket = undefined;
    await this.#open();
    if (this.options.erases === true) await eraseReplaced(await this.#manager(), this.options.name);
    return (await (await this.#open()).get(this.options.completeKey))?.operation === 'PUT';
  }

  async markComplete(): Promise<void> {
    await (await this.#open()).put(this.options.completeKey, new Date().toISOString());
  }

  /** What the entry says, and its revision for compare-and-set; 0: there never was one. */
  async read(key: string): Promise<{ value: Value | null; revision: number }> {
    const entry = await (await this.#open()).get(key);
    if (this.#replaced.has(key)) await this.#erase(key);
    return { value: entry?.operation === 'PUT' ? entry.json<Value>() : null, revision: entry?.revision ?? 0 };
  }

  /** Those of entries that were deleted too. */
  async keys(filter: string): Promise<string[]> {
    await this.#open();
    return keysInBucket(this.connection, this.options.name, filter);
  }

  /**
   * Whoever reads meanwhile sees what was there or what is there now. On a crash in the middle what was replaced lies on the
   * disk until the next start; when only its erasure fails, until the next look.
   * @throws Unavailable when somebody else wrote since `revision`.
   */
  async write(key: string, value: Value | null, revision: number): Promise<void> {
    const bucket = await this.#open();
    if (this.options.erases === true) this.#replaced.add(key);
    try {
      if (value === null) await bucket.delete(key, { previousSeq: revision });
      else await bucket.put(key, JSON.stringify(value), { previousSeq: revision });
    } catch (cause) {
      if (cause instanceof JetStreamApiError && WRITTEN_SINCE.has(cause.code)) {
        throw new Unavailable(`the entry ${key} of ${this.options.name}, which another replica writes,`, { cause });
      }
      throw cause;
    }
    if (this.#replaced.has(key)) await this.#erase(key);
  }

  async #erase(key: string): Promise<void> {
    await eraseOlder(await this.#manager(), this.options.name, key);
    this.#replaced.delete(key);
  }

  #manager() {
    return jetstreamManager(this.connection, { checkAPI: false });
  }

  #open(): Promise<KV> {
    const { name, description, erases = false } = this.options;
    this.#bucket ??= new Kvm(this.connection)
      .create(name, { history: erases ? HISTORY_OF_ERASED : 1, storage: StorageType.File, description })
      .catch((cause: unknown) => {
        this.#bucket = undefined;
        throw new Unavailable(`the bucket ${name}`, { cause });
      });
    return this.#bucket;
  }
}
