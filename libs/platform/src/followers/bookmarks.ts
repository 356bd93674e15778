import { Position } from '@freehold/kernel';
import { Kvm, type KV } from '@nats-io/kv';
import { JetStreamApiError, StorageType } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';
import { keysInBucket } from '../buckets/keys-in-bucket.js';

/*
 * Where followers keep how far they have read and what they have put aside: the bucket OPS. If it is lost, commits are
 * handled again from the beginning, which does no harm.
 */

export const OPS_BUCKET = 'OPS';

/** An aggregate whose commits from `position` on a follower does not handle until it is resumed. */
export const ParkedAggregate = z.object({
  subject: z.string(),
  position: Position,
  reason: z.string(),
  at: z.string(),
});
export type ParkedAggregate = Omit<z.infer<typeof ParkedAggregate>, 'position'> & { position: Position };

export interface Bookmark {
  /** The last commit handled; null: none. */
  position: Position | null;
  /** Of the entry, for compare-and-set; 0: there is none. */
  revision: number;
}

/** The port; an adapter in memory serves tests. */
export interface Bookmarks {
  read(follower: string): Promise<Bookmark>;
  /** The new revision, or null when another replica wrote meanwhile. */
  write(follower: string, position: Position, revision: number): Promise<number | null>;
  parked(follower: string): Promise<ParkedAggregate[]>;
  park(follower: string, aggregate: ParkedAggregate): Promise<void>;
  unpark(follower: string, subject: string): Promise<void>;
}

/** Makes the bucket if it is missing. Entries may carry a TTL. */
export async function ensureOps(connection: NatsConnection, { replicas = 1 } = {}): Promise<KV> {
  return new Kvm(connection).create(OPS_BUCKET, {
    history: 1,
    storage: StorageType.File,
    replicas,
    markerTTL: 3_600_000,
    description: 'sessions, leases, bookmarks, last observations: may be lost',
  });
}

const bookmarkKey = (follower: string): string => `bookmark.${follower}`;
const parkedKey = (follower: string, subject: string): string => `parked.${follower}.${subject}`;
const WRONG_REVISION = 10071;

export function natsBookmarks(connection: NatsConnection): Bookmarks {
  let opened: Promise<KV> | undefined;
  const bucket = (): Promise<KV> => {
    opened ??= new Kvm(connection).open(OPS_BUCKET, { bindOnly: true }).catch((cause: unknown) => {
      opened = undefined;
      throw new Error('The bucket OPS cannot be opened; `freehold up` makes it', { cause });
    });
    return opened;
  };
  return {
    async read(follower) {
      const entry = await (await bucket()).get(bookmarkKey(follower));
      if (entry === null) return { position: null, revision: 0 };
      const position = entry.operation === 'PUT' ? Position.safeParse(entry.string()) : undefined;
      return { position: position?.success === true ? position.data : null, revision: entry.revision };
    },
    async write(follower, position, revision) {
      try {
        const kv = await bucket();
        if (revision === 0) return await kv.create(bookmarkKey(follower), position);
        return await kv.update(bookmarkKey(follower), position, revision);
      } catch (error) {
        if (error instanceof JetStreamApiError && error.code === WRONG_REVISION) return null;
        throw error;
      }
    },
    async parked(follower) {
      const kv = await bucket();
      const found: ParkedAggregate[] = [];
      for (const key of await keysInBucket(connection, OPS_BUCKET, parkedKey(follower, '>'))) {
        const entry = await kv.get(key);
        if (entry?.operation === 'PUT') found.push(ParkedAggregate.parse(entry.json()));
      }
      return found;
    },
    async park(follower, aggregate) {
      await (await bucket()).put(parkedKey(follower, aggregate.subject), JSON.stringify(aggregate));
    },
    async unpark(follower, subject) {
      await (await bucket()).purge(parkedKey(follower, subject));
    },
  };
}
