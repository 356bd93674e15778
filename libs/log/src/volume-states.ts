import type { NatsConnection } from '@nats-io/transport-node';
import { askStream } from './jetstream-request.js';
import { LogUnavailable } from './log.errors.js';
import { streamOf, Volumes } from './volumes.js';

/** One volume, as the server has it now. */
export interface VolumeState {
  volume: number;
  status: 'open' | 'closed';
  commits: number;
  /** Before compression. */
  sizeBytes: number;
  /** What it may hold. Of a closed one: what it holds. */
  maxBytes: number;
}

/** The share of its size at which the next volume begins, or staff hear that it has not. */
const FULL = 0.8;

export const isNearlyFull = ({ status, sizeBytes, maxBytes }: VolumeState): boolean =>
  status === 'open' && sizeBytes >= FULL * maxBytes;

/** Every volume that has begun, in their order. None is open while the next one is about to begin. @throws LogUnavailable */
export async function volumeStates(connection: NatsConnection): Promise<VolumeState[]> {
  const newest = await new Volumes(connection).look();
  const numbers = Array.from({ length: newest }, (_, index) => index + 1);
  return Promise.all(numbers.map((volume) => stateOf(connection, volume)));
}

/** The newest one, asked for again and again: what this has seen to have begun is not asked for any more. */
export function newestVolume(connection: NatsConnection): () => Promise<VolumeState> {
  const volumes = new Volumes(connection);
  return async () => stateOf(connection, await volumes.look());
}

async function stateOf(connection: NatsConnection, volume: number): Promise<VolumeState> {
  const info = await askStream(connection, streamOf(volume));
  if (info === null) throw new LogUnavailable(streamOf(volume));
  const { config, state } = info;
  return {
    volume,
    status: config['sealed'] === true ? 'closed' : 'open',
    commits: state.messages,
    sizeBytes: state.bytes,
    maxBytes: Number(config['max_bytes']),
  };
}
