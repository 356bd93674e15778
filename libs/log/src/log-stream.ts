import type { NatsConnection } from '@nats-io/transport-node';
import { type ApiAnswer, askApi } from './jetstream-request.js';
import { LogFailure, LogUnavailable } from './log.errors.js';

/**
 * The stream that is the log: made once with exactly this configuration, and compared with it field by field at every
 * start. What the server does not tell is not seen here: `sync_interval: always` stands in the server's own configuration.
 */
export interface LogStreamOptions {
  /** Default `LOG_1`. */
  stream?: string;
  /** 1 (embedded) or 3. Default 1. */
  replicas?: 1 | 3;
  /** The volume's size, chosen when it is made; an existing one keeps its own. Default 32 GiB. */
  maxBytes?: number;
}

export const MINIMAL_SERVER = '2.15.2';
const STREAM_NOT_FOUND = 10059;
const DEFAULT_MAX_BYTES = 32 * 2 ** 30;
const MAX_MESSAGE_BYTES = 64 * 2 ** 10;
const DUPLICATE_WINDOW_NS = 600e9;

/** A server below 2.15.2 stores doubles in a cluster, or gains nothing from batches. */
export class ServerTooOld extends LogFailure {
  override readonly hint = `Run nats-server ${MINIMAL_SERVER} or newer.`;

  constructor(readonly found: string) {
    super(`The NATS server has version ${found}; the log needs ${MINIMAL_SERVER}`);
  }
}

/** The stream's effective configuration is not the wanted one. */
export class StreamDiffers extends LogFailure {
  override readonly hint: string;

  constructor(
    readonly stream: string,
    readonly field: string,
    readonly wanted: unknown,
    readonly found: unknown,
  ) {
    super(`The stream ${stream} has ${field} = ${shown(found)} where ${shown(wanted)} is wanted`);
    this.hint =
      `Find out who changed it, and whether history was removed meanwhile. Then set ${field} to ${shown(wanted)} with the ` +
      'administrator’s key; if the server refuses that, restore the log into a stream made anew.';
  }
}

/** The stream could not be made. */
export class StreamNotMade extends LogFailure {
  override readonly hint = 'Making it takes the administrator’s key and a server with room for the volume (max_file).';

  constructor(
    readonly stream: string,
    readonly description: string,
  ) {
    super(`The stream ${stream} could not be made: ${description}`);
  }
}

type Configuration = Record<string, unknown>;

interface StreamAnswer extends ApiAnswer {
  config?: Configuration;
}

/** Makes the stream if it is not there; then verifies it. Takes the administrator's credential. */
export async function ensureLogStream(connection: NatsConnection, options: LogStreamOptions = {}): Promise<void> {
  const wanted = configurationOf(options);
  assertServer(connection);
  const found = await infoOf(connection, String(wanted['name']));
  if (found === null) {
    const { error } = await askApi<StreamAnswer>(connection, `STREAM.CREATE.${String(wanted['name'])}`, wanted);
    if (error !== undefined) throw new StreamNotMade(String(wanted['name']), error.description ?? String(error.code));
  }
  await verifyLogStream(connection, options);
}

/**
 * For services, which may read the configuration and not change it.
 *
 * @throws ServerTooOld, StreamDiffers naming the first field that differs, LogUnavailable.
 */
export async function verifyLogStream(connection: NatsConnection, options: LogStreamOptions = {}): Promise<void> {
  assertServer(connection);
  const wanted = configurationOf(options);
  const stream = String(wanted['name']);
  const found = await infoOf(connection, stream);
  if (found === null) throw new StreamDiffers(stream, 'name', stream, undefined);
  for (const field of new Set([...Object.keys(wanted), ...Object.keys(found)])) {
    if (field === 'metadata') continue;
    if (field === 'max_bytes') {
      if (Number(found[field]) > 0) continue;
      throw new StreamDiffers(stream, field, wanted[field], found[field]);
    }
    if (!same(wanted[field], found[field])) throw new StreamDiffers(stream, field, wanted[field], found[field]);
  }
}

function configurationOf({
  stream = 'LOG_1',
  replicas = 1,
  maxBytes = DEFAULT_MAX_BYTES,
}: LogStreamOptions): Configuration {
  return {
    name: stream,
    subjects: ['log.>'],
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
  };
}

async function infoOf(connection: NatsConnection, stream: string): Promise<Configuration | null> {
  const call = `STREAM.INFO.${stream}`;
  const { config, error } = await askApi<StreamAnswer>(connection, call);
  if (error?.err_code === STREAM_NOT_FOUND) return null;
  if (config === undefined) throw new LogUnavailable(call, { cause: error });
  return config;
}

/** What the server leaves out is false, empty or unset: the same as those. Fields that we do not know must be so too. */
function same(wanted: unknown, found: unknown): boolean {
  return JSON.stringify(plain(wanted)) === JSON.stringify(plain(found));
}

function plain(value: unknown): unknown {
  const empty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return value === undefined || value === false || value === 0 || value === '' || value === 'default' || empty
    ? null
    : value;
}

function assertServer(connection: NatsConnection): void {
  const found = connection.info?.version ?? 'unknown';
  const parts = /^(\d+)\.(\d+)\.(\d+)/.exec(found)?.slice(1).map(Number) ?? [0];
  const wanted = MINIMAL_SERVER.split('.').map(Number);
  const difference = wanted.map((part, index) => (parts[index] ?? 0) - part).find((each) => each !== 0) ?? 0;
  if (difference < 0 || (/-(preview|beta|RC)/i.test(found) && difference === 0)) throw new ServerTooOld(found);
}

const shown = (value: unknown): string => JSON.stringify(value) ?? 'nothing';
