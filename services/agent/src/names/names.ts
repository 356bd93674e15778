import { log } from '@freehold/platform';
import type { NatsConnection } from '@nats-io/transport-node';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { errnoOf } from '../backend/backend-failure.js';
import { writeDurably } from '../journal/durable-file.js';
import { ServedZones } from './domain/served-zones.js';
import { type NameServer, startNameServer } from './name-server.js';
import { putEntry, ZoneFollower } from './zone-follower.js';

/** What the name server remembers: its port, and what it last knew, for a start while NATS is away. */
const Kept = z.object({ port: z.int(), entries: z.record(z.string(), z.unknown()) });
type Kept = z.infer<typeof Kept>;

export interface NamesOptions {
  readonly folder: string;
  /** The router's. */
  readonly address: string;
  /** 0: any free one, chosen once and kept for as long as it is free. */
  readonly port: number;
  readonly connection: NatsConnection;
}

export interface Names {
  readonly server: Pick<NameServer, 'address' | 'port'>;
  readonly zones: ServedZones;
  close(): Promise<void>;
}

/** Raised when the configured port cannot be had. */
export class NoDnsPort extends Error {
  override readonly name = 'NoDnsPort';
  readonly hint = 'free that port, or configure another one (FREEHOLD_DNS_PORT; 0: any); below 1024 takes root';

  constructor(
    readonly port: number,
    cause: unknown,
  ) {
    super(`the name server cannot listen on port ${port}`, { cause });
  }
}

/** The name server of this host, answering what is published. */
export async function startNames({ folder, address, port, connection }: NamesOptions): Promise<Names> {
  const file = join(folder, 'names.json');
  const kept = await readKept(file);
  const zones = new ServedZones();
  for (const [key, value] of Object.entries(kept?.entries ?? {})) putEntry(zones, key, JSON.stringify(value));
  const server = await listen({ address, zones }, port, kept?.port);
  let written = '';
  const keep = async () => {
    const text = JSON.stringify({ port: server.port, entries: Object.fromEntries(zones.entries()) } satisfies Kept);
    if (text !== written) await writeDurably(file, text);
    written = text;
  };
  await keep();
  const follower = new ZoneFollower(connection, zones, keep);
  follower.start();
  const close = async () => {
    await follower.close();
    await server.close();
    await keep();
  };
  return { server, zones, close };
}

async function listen(
  options: { address: string; zones: ServedZones },
  wanted: number,
  last: number | undefined,
): Promise<NameServer> {
  if (wanted === 0 && last === undefined) return startNameServer({ ...options, port: 0 });
  const port = wanted === 0 ? (last ?? 0) : wanted;
  try {
    return await startNameServer({ ...options, port });
  } catch (cause) {
    if (wanted !== 0) throw new NoDnsPort(port, cause);
    log().warn({ err: cause, port }, 'the name server’s port is taken by somebody else; it takes another one');
    return startNameServer({ ...options, port: 0 });
  }
}

async function readKept(file: string): Promise<Kept | undefined> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : Kept.parse(JSON.parse(text));
}
