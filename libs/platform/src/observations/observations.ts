import { type KV, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import type { z } from 'zod';
import { OPS_BUCKET } from '../followers/bookmarks.js';
import { Unavailable } from '../followers/disposition.js';

/** What agents saw last, by environment: bucket OPS, key `observation.<environment>`. May be lost at any time. */
export class Observations<Seen> {
  #bucket: Promise<KV> | undefined;

  constructor(
    private readonly connection: NatsConnection,
    private readonly schema: z.ZodType<Seen>,
  ) {}

  /** Null: nothing was seen, or by an agent that speaks otherwise. */
  async of(environment: string): Promise<Seen | null> {
    const entry = await (await this.#open()).get(`observation.${environment}`);
    if (entry?.operation !== 'PUT') return null;
    return this.schema.safeParse(entry.json()).data ?? null;
  }

  #open(): Promise<KV> {
    this.#bucket ??= new Kvm(this.connection).open(OPS_BUCKET, { bindOnly: true }).catch((cause: unknown) => {
      this.#bucket = undefined;
      throw new Unavailable('the bucket OPS', { cause });
    });
    return this.#bucket;
  }
}
