import { Unavailable } from '@freehold/platform';
import type { DesiredState } from '@freehold/provisioning-contract';
import { JetStreamApiError, StorageType } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';

export const DESIRED_BUCKET = 'DESIRED';
/** Says that every environment of the log was written once; not there in a new bucket. One token, so no agent sees it. */
const COMPLETE_KEY = 'complete';
const WRONG_REVISION = 10071;

/**
 * The bucket DESIRED: `<host>.<environment>` → what must hold there. Nothing in it is truth; it is written again from
 * the log when it is lost.
 */
export class DesiredStates {
  #bucket: Promise<KV> | undefined;

  constructor(private readonly connection: NatsConnection) {}

  /** Makes the bucket if it is missing. False: it is new, and the log must be written into it. */
  async isComplete(): Promise<boolean> {
    this.#bucket = undefined;
    return (await (await this.#open()).get(COMPLETE_KEY))?.operation === 'PUT';
  }

  async markComplete(): Promise<void> {
    await (await this.#open()).put(COMPLETE_KEY, new Date().toISOString());
  }

  /** What the entry's revision is, for compare-and-set; 0: there never was one. */
  async revisionOf(key: string): Promise<number> {
    return (await (await this.#open()).get(key))?.revision ?? 0;
  }

  async state(key: string): Promise<DesiredState | null> {
    const entry = await (await this.#open()).get(key);
    return entry?.operation === 'PUT' ? entry.json<DesiredState>() : null;
  }

  /** @throws Unavailable when somebody else wrote since `revision`. */
  async write(key: string, state: DesiredState | null, revision: number): Promise<void> {
    const bucket = await this.#open();
    try {
      if (state === null) await bucket.delete(key, { previousSeq: revision });
      else await bucket.put(key, JSON.stringify(state), { previousSeq: revision });
    } catch (cause) {
      if (cause instanceof JetStreamApiError && cause.code === WRONG_REVISION) {
        throw new Unavailable(`the entry ${key} of DESIRED, which another replica writes,`, { cause });
      }
      throw cause;
    }
  }

  #open(): Promise<KV> {
    this.#bucket ??= new Kvm(this.connection)
      .create(DESIRED_BUCKET, {
        history: 1,
        storage: StorageType.File,
        description: 'desired state by host and environment: written again from the log if it is lost',
      })
      .catch((cause: unknown) => {
        this.#bucket = undefined;
        throw new Unavailable('the bucket DESIRED', { cause });
      });
    return this.#bucket;
  }
}
