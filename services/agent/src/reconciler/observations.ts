import { log } from '@freehold/platform';
import type { UnitObservation } from '@freehold/provisioning-contract';
import { Kvm, type KV } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { LastSeen } from './last-seen.js';

const OPS_BUCKET = 'OPS';
/** What has not changed is written again after so long: the bucket may have lost it. */
const REFRESH_MS = 60_000;

/** The last observation of each environment, in OPS. It may be lost; so what cannot be written is dropped. */
export class Observations {
  readonly #last = new LastSeen();
  readonly #written = new Map<string, { readonly text: string; readonly at: number }>();
  #bucket: Promise<KV> | undefined;

  constructor(private readonly connection: NatsConnection) {}

  /** What the lane of an environment saw. */
  seen(environment: string, observation: UnitObservation): void {
    this.#put(environment, this.#last.seen(environment, observation));
  }

  /** What a job does to an environment; null: it has ended. */
  doing(environment: string, activity: string | null): void {
    this.#put(environment, this.#last.doing(environment, activity));
  }

  #put(environment: string, observation: UnitObservation): void {
    const { at: _at, ...said } = observation;
    const text = JSON.stringify(said);
    const before = this.#written.get(environment);
    const now = performance.now();
    if (before?.text === text && now - before.at < REFRESH_MS) return;
    this.#written.set(environment, { text, at: now });
    this.#write(environment, observation).catch((error: unknown) => {
      this.#written.delete(environment);
      log().debug({ err: error, environment }, 'an observation was not written');
    });
  }

  async #write(environment: string, observation: UnitObservation): Promise<void> {
    this.#bucket ??= new Kvm(this.connection).open(OPS_BUCKET, { bindOnly: true });
    const bucket = await this.#bucket.catch((error: unknown) => {
      this.#bucket = undefined;
      throw error;
    });
    await bucket.put(`observation.${environment}`, JSON.stringify(observation));
  }
}
