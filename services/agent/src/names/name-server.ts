/**
 * The embedded authoritative name server: answers for the provider's zones, over UDP and TCP at the router's address.
 *
 *     bucket ZONES ─► ZoneFollower ─► ServedZones ─► answerOf ─► UDP, TCP
 *
 * Invariants: it answers only of its own zones, asks nobody and hands no zone over; an answer follows from one message, is
 * bounded, and goes where that came from; nothing that anybody sends ends it. While NATS is away it answers what it last
 * knew. On a crash nothing is lost: what it served lies on disk and in the log.
 */
import { log } from '@freehold/platform';
import { createSocket, type Socket } from 'node:dgram';
import type { Server } from 'node:net';
import { answerOf, RCODE } from './domain/answer.js';
import type { ServedZones } from './domain/served-zones.js';
import { listenTcp } from './tcp-listener.js';
import { nothing, readQuery, writeAnswer } from './wire.js';

export interface NameServerOptions {
  readonly address: string;
  /** 0: any that is free both for UDP and for TCP. */
  readonly port: number;
  readonly zones: ServedZones;
  /** A TCP connection that says nothing for so long is closed. Default 10 s. */
  readonly idleMs?: number;
  /** TCP connections at once; one more closes the oldest. Default 100. */
  readonly maxConnections?: number;
}

export interface NameServer {
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

const TRIES = 20;

/** @throws EADDRINUSE, EACCES when the port cannot be had. */
export async function startNameServer(options: NameServerOptions): Promise<NameServer> {
  for (let tries = 1; ; tries += 1) {
    const tcp = await listenTcp({
      ...{ address: options.address, port: options.port },
      ...{ idleMs: options.idleMs ?? 10_000, maxConnections: options.maxConnections ?? 100 },
      respond: (bytes) => respond(options.zones, bytes, 'tcp'),
    });
    try {
      const udp = await listenUdp(options, portOf(tcp.server));
      const close = async () => {
        await Promise.all([tcp.close(), new Promise<void>((resolve) => udp.close(resolve))]);
      };
      return { address: options.address, port: portOf(tcp.server), close };
    } catch (error) {
      await tcp.close();
      if (options.port !== 0 || tries === TRIES) throw error;
    }
  }
}

function portOf(server: Server): number {
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('a TCP server that listens has a port');
  return at.port;
}

/** Undefined: say nothing. Whatever goes wrong with one message is that message's failure. */
export function respond(zones: ServedZones, bytes: Buffer, over: 'udp' | 'tcp'): Buffer | undefined {
  const read = readQuery(bytes);
  if (read === undefined) return undefined;
  const { query } = read;
  try {
    const answer = 'rcode' in read ? nothing(read.rcode) : answerOf(zones, read.question);
    return writeAnswer(query, answer, over);
  } catch (error) {
    log().error({ err: error }, 'a record cannot be written as DNS says; it is answered as a failure');
    return writeAnswer(query, nothing(RCODE.failure), over);
  }
}

async function listenUdp({ address, zones }: NameServerOptions, port: number): Promise<Socket> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off('error', reject);
      resolve();
    });
  });
  socket.on('error', (error) => log().warn({ err: error }, 'the name server could not receive a message'));
  socket.on('message', (bytes, from) => {
    const answer = respond(zones, bytes, 'udp');
    if (answer === undefined || from.port === 0) return;
    socket.send(answer, from.port, from.address, () => undefined); // who is gone asks again
  });
  return socket;
}
