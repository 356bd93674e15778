import type { NatsConnection } from '@nats-io/transport-node';
import { type ApiAnswer, askApi } from './jetstream-request.js';
import { LogFailure } from './log.errors.js';
import { LOG_SUBJECTS, reserveOf, streamOf } from './volumes.js';

/** A volume's stream as it is made, opened and closed. */
export interface VolumeOptions {
  /** 1 (embedded) or 3. Default 1. */
  replicas?: number;
  /** The volume's size, chosen when it is made; an existing one keeps its own. Default 32 GiB. */
  maxBytes?: number;
}

export interface StreamConfiguration extends Record<string, unknown> {
  name: string;
}

const DEFAULT_MAX_BYTES = 32 * 2 ** 30;
const MAX_MESSAGE_BYTES = 64 * 2 ** 10;
const DUPLICATE_WINDOW_NS = 600e9;

/** The one that takes commits. */
export const openVolume = (
  volume: number,
  { replicas = 1, maxBytes = DEFAULT_MAX_BYTES }: VolumeOptions,
): StreamConfiguration => ({
  name: streamOf(volume),
  subjects: [LOG_SUBJECTS],
  storage: 'file',
  num_replicas: replicas,
  retention: 'limits',
  discard: 'new',
  max_consumers: -1,
  max_msgs: -1,
  max_msgs_per_subject: -1,
  max_bytes: maxBytes,
  max_age: 0,
  max_msg_size: MAX_MESSAGE_BYTES,
  duplicate_window: DUPLICATE_WINDOW_NS,
  compression: 's2',
  deny_delete: true,
  deny_purge: true,
  allow_direct: true,
  allow_atomic: true,
  allow_rollup_hdrs: false,
  allow_msg_ttl: false,
  mirror_direct: false,
  sealed: false,
});

/** Made, with its room reserved, before the one before is closed. */
export const preparedVolume = (volume: number, options: VolumeOptions): StreamConfiguration => ({
  ...openVolume(volume, options),
  subjects: [reserveOf(volume)],
});

/** Takes nothing any more. The server never takes the seal back (10052). */
export const closedVolume = (volume: number, options: VolumeOptions): StreamConfiguration => ({
  ...preparedVolume(volume, options),
  sealed: true,
});

/** A volume's stream could not be made, closed or opened. */
export class StreamNotMade extends LogFailure {
  override readonly hint = 'It takes the administrator’s key and a server with room for the volume (max_file).';

  constructor(
    readonly stream: string,
    readonly description: string,
  ) {
    super(`The stream ${stream} could not be made as it is to be: ${description}`);
  }
}

/** @throws StreamNotMade, LogUnavailable. */
export const createStream = (connection: NatsConnection, wanted: StreamConfiguration): Promise<void> =>
  make(connection, 'CREATE', wanted);

/** @throws StreamNotMade, LogUnavailable. */
export const updateStream = (connection: NatsConnection, wanted: StreamConfiguration): Promise<void> =>
  make(connection, 'UPDATE', wanted);

async function make(connection: NatsConnection, call: 'CREATE' | 'UPDATE', wanted: StreamConfiguration): Promise<void> {
  const { error } = await askApi<ApiAnswer>(connection, `STREAM.${call}.${wanted.name}`, wanted);
  if (error !== undefined) throw new StreamNotMade(wanted.name, error.description ?? String(error.code));
}
