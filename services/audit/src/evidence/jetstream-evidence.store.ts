import { parseTilePath, type Tile, TILE_WIDTH, HASH_BYTES, tilePath, type TileStore } from '@freehold/evidence';
import { DiscardPolicy, jetstreamManager, StorageType } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { CHECKPOINTS, CheckpointStream, unlessOvertaken } from './checkpoint-stream.js';
import { type EvidenceStore, keptCheckpoint } from './evidence-store.port.js';

const TILES = 'TILES';
const SUBJECT = 'checkpoint.log';
const TRIES = 8;

/** Makes the bucket and the stream if they are missing. Takes the administrator's credential. */
export async function ensureEvidence(admin: NatsConnection): Promise<void> {
  const manager = await jetstreamManager(admin, { checkAPI: false });
  await Promise.all([
    new Kvm(admin).create(TILES, {
      history: 1,
      storage: StorageType.File,
      description: 'tiles of the log’s Merkle tree: written again from the log if they are lost',
    }),
    manager.streams.add({
      name: CHECKPOINTS,
      subjects: ['checkpoint.>'],
      storage: StorageType.File,
      discard: DiscardPolicy.New,
      deny_delete: true,
      deny_purge: true,
      description: 'what was signed of this log and cosigned of others: said to others, and not to be made again',
    }),
  ]);
}

/** The evidence in JetStream, which every node of a cell reaches: a bucket for tiles and a stream of checkpoints. */
export function jetStreamEvidence(connection: NatsConnection): EvidenceStore {
  const stream = new CheckpointStream(connection);
  return {
    tiles: bucketTiles(connection),
    last: async () => {
      const found = await stream.last(SUBJECT);
      return found === null ? null : keptCheckpoint(found.value, found.revision);
    },
    keep: (checkpoint, revision) => stream.keep(SUBJECT, checkpoint, revision),
  };
}

/**
 * Tiles as entries of a bucket: one key a place, that of the full tile. A partial tile is the beginning of every wider one of
 * its place, so the widest is kept, and all of them are answered from it; a replica that is behind takes nothing away.
 */
function bucketTiles(connection: NatsConnection): TileStore {
  let opened: Promise<KV> | undefined;
  const bucket = (): Promise<KV> => {
    opened ??= new Kvm(connection).open(TILES, { bindOnly: true }).catch((cause: unknown) => {
      opened = undefined;
      throw new Error('The bucket TILES cannot be opened; `freehold up` makes it', { cause });
    });
    return opened;
  };
  const widest = async (key: string) => {
    const entry = await (await bucket()).get(key);
    return { revision: entry?.revision ?? 0, bytes: entry?.operation === 'PUT' ? entry.value : null };
  };

  const putPartial = async (key: string, bytes: Uint8Array): Promise<void> => {
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const there = await widest(key);
      if (there.bytes !== null && Buffer.from(bytes).equals(there.bytes.subarray(0, bytes.byteLength))) return;
      const kept = await unlessOvertaken(async () => (await bucket()).put(key, bytes, { previousSeq: there.revision }));
      if (kept !== null) return;
    }
    throw new Error(`The tile ${key} was changed by others ${TRIES} times while it was written`);
  };

  return {
    get: async (path) => {
      const tile = placeOf(path);
      const { bytes } = await widest(keyOf(tile));
      const wanted = tile.width * HASH_BYTES;
      return bytes === null || bytes.byteLength < wanted ? null : bytes.subarray(0, wanted);
    },
    put: async (path, bytes) => {
      const tile = placeOf(path);
      if (tile.width < TILE_WIDTH) return putPartial(keyOf(tile), bytes);
      await (await bucket()).put(keyOf(tile), bytes);
    },
  };
}

const keyOf = (tile: Tile): string => tilePath({ ...tile, width: TILE_WIDTH });

function placeOf(path: string): Tile {
  const tile = parseTilePath(path);
  if (tile === null) throw new RangeError(`"${path}" is not the path of a tile, such as tile/0/000.p/3`);
  return tile;
}
