import type { NatsConnection } from '@nats-io/transport-node';
import { completeBeginning, giveBackRoom } from './begin-volume.js';
import { askStream } from './jetstream-request.js';
import { LogFailure } from './log.errors.js';
import {
  closedVolume,
  createStream,
  openVolume,
  type StreamConfiguration,
  type VolumeOptions,
} from './volume-configuration.js';
import { streamOf, Volumes } from './volumes.js';

/**
 * The streams that are the log: made with exactly the configuration of volume-configuration.ts, and compared with it field by
 * field at every start. What the server does not tell is not seen here: `sync_interval: always` stands in the server's own
 * configuration.
 */
export const MINIMAL_SERVER = '2.15.2';

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

/**
 * Makes the first volume if there is none, goes on where beginning a volume was interrupted, then verifies all. Takes the
 * administrator's credential.
 */
export async function ensureLogStream(connection: NatsConnection, options: VolumeOptions = {}): Promise<void> {
  assertServer(connection);
  if ((await askStream(connection, streamOf(1))) === null) await createStream(connection, openVolume(1, options));
  await verifyLogStream(connection, options);
  const newest = await new Volumes(connection).look();
  for (let volume = 1; volume < newest; volume += 1) await giveBackRoom(connection, volume);
  if ((await askStream(connection, streamOf(newest)))?.config['sealed'] !== true) return;
  await completeBeginning(connection, newest, options);
  await verifyLogStream(connection, options);
}

/**
 * For services, which may read the configuration and not change it: every volume that has begun.
 *
 * @throws ServerTooOld, StreamDiffers naming the first field that differs, LogUnavailable.
 */
export async function verifyLogStream(connection: NatsConnection, options: VolumeOptions = {}): Promise<void> {
  assertServer(connection);
  const newest = await new Volumes(connection).look();
  for (let volume = 1; volume <= newest; volume += 1) {
    const stream = streamOf(volume);
    const found = (await askStream(connection, stream))?.config;
    if (found === undefined) throw new StreamDiffers(stream, 'name', stream, undefined);
    // The newest one may be closed: the next has not begun yet.
    const isClosed = volume < newest || found['sealed'] === true;
    assertSame(isClosed ? closedVolume(volume, options) : openVolume(volume, options), found);
  }
}

function assertSame(wanted: StreamConfiguration, found: Record<string, unknown>): void {
  for (const field of new Set([...Object.keys(wanted), ...Object.keys(found)])) {
    if (field === 'metadata') continue;
    if (field === 'max_bytes') {
      if (Number(found[field]) > 0) continue;
      throw new StreamDiffers(wanted.name, field, wanted[field], found[field]);
    }
    if (!same(wanted[field], found[field])) throw new StreamDiffers(wanted.name, field, wanted[field], found[field]);
  }
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
