import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { VolatileDisk } from './volatile-disk.js';

/**
 * A disk for QEMU: an NBD server on a Unix socket, one client at a time, so much of the protocol as QEMU speaks. It says
 * that it has a write cache and takes flushes, so whatever the guest's kernel asks for arrives here, and nothing else.
 * Source: https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md
 */
const OPTION_MAGIC = Buffer.from('IHAVEOPT');
const OPTION_REPLY_MAGIC = 0x3e889045565a9n;
const REQUEST_MAGIC = 0x25609513;
const REPLY_MAGIC = 0x67446698;
const OPTION = { abort: 2, info: 6, go: 7 } as const;
const REPLY = { ack: 1, info: 3, unsupported: 0x80000001 } as const;
const COMMAND = { read: 0, write: 1, disconnect: 2, flush: 3 } as const;
const EINVAL = 22;
const REQUEST_BYTES = 28;
const FUA = 1;
/** Has flags, takes flush, takes FUA. */
const TRANSMISSION_FLAGS = 1 | 4 | 8;
/** Fixed newstyle, no zeroes after the handshake. */
const HANDSHAKE_FLAGS = 1 | 2;

export class NetworkDisk implements AsyncDisposable {
  #socket: Socket | undefined;

  private constructor(
    private readonly server: Server,
    private readonly disk: VolatileDisk,
  ) {
    server.on('connection', (socket) => this.#serve(socket));
  }

  static async at(path: string, disk: VolatileDisk): Promise<NetworkDisk> {
    const server = createServer().listen(path);
    await once(server, 'listening');
    return new NetworkDisk(server, disk);
  }

  /** Nothing that is still on its way arrives any more. */
  disconnect(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disconnect();
    this.server.close();
    await once(this.server, 'close');
  }

  #serve(socket: Socket): void {
    this.disconnect();
    this.#socket = socket;
    const incoming = new Incoming(socket);
    // The guest is killed: its end of the line is not an error here.
    socket.on('error', () => socket.destroy());
    void this.#talk(socket, incoming).catch(() => socket.destroy());
  }

  async #talk(socket: Socket, incoming: Incoming): Promise<void> {
    const hello = Buffer.alloc(18);
    hello.write('NBDMAGIC', 0);
    OPTION_MAGIC.copy(hello, 8);
    hello.writeUInt16BE(HANDSHAKE_FLAGS, 16);
    socket.write(hello);
    await incoming.take(4);
    while (!(await this.#option(socket, incoming)));
    while (await this.#command(socket, incoming));
    socket.end();
  }

  /** @returns true when the disk is open. @throws when the client gives up. */
  async #option(socket: Socket, incoming: Incoming): Promise<boolean> {
    const head = await incoming.take(16);
    if (!head.subarray(0, 8).equals(OPTION_MAGIC)) throw new Error('that is no NBD option');
    const option = head.readUInt32BE(8);
    await incoming.take(head.readUInt32BE(12));
    const isKnown = option === OPTION.go || option === OPTION.info;
    if (isKnown) socket.write(optionReply(option, REPLY.info, this.#exportInfo()));
    socket.write(optionReply(option, isKnown || option === OPTION.abort ? REPLY.ack : REPLY.unsupported));
    if (option === OPTION.abort) throw new Error('the client gave up');
    return option === OPTION.go;
  }

  #exportInfo(): Buffer {
    const info = Buffer.alloc(12);
    info.writeBigUInt64BE(BigInt(this.disk.bytes), 2);
    info.writeUInt16BE(TRANSMISSION_FLAGS, 10);
    return info;
  }

  /** @returns false when the client is done. */
  async #command(socket: Socket, incoming: Incoming): Promise<boolean> {
    const head = await incoming.take(REQUEST_BYTES);
    if (head.readUInt32BE(0) !== REQUEST_MAGIC) throw new Error('that is no NBD request');
    const [flags, command] = [head.readUInt16BE(4), head.readUInt16BE(6)];
    const [offset, length] = [Number(head.readBigUInt64BE(16)), head.readUInt32BE(24)];
    if (command === COMMAND.disconnect) return false;
    const bytes = command === COMMAND.write ? await incoming.take(length) : undefined;
    // Cut meanwhile: it never came here.
    if (socket.destroyed) return false;
    if (bytes !== undefined) this.disk.write(offset, bytes, (flags & FUA) !== 0);
    else if (command === COMMAND.flush) this.disk.flush();
    const isKnown = bytes !== undefined || command === COMMAND.flush || command === COMMAND.read;
    socket.write(reply(head.subarray(8, 16), isKnown ? 0 : EINVAL));
    if (command === COMMAND.read) socket.write(Buffer.from(this.disk.read(offset, length)));
    return true;
  }
}

function optionReply(option: number, kind: number, data: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(20);
  head.writeBigUInt64BE(OPTION_REPLY_MAGIC, 0);
  head.writeUInt32BE(option, 8);
  head.writeUInt32BE(kind, 12);
  head.writeUInt32BE(data.length, 16);
  return Buffer.concat([head, data]);
}

function reply(handle: Buffer, error: number): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32BE(REPLY_MAGIC, 0);
  head.writeUInt32BE(error, 4);
  handle.copy(head, 8);
  return head;
}

/** A socket's bytes, so many at a time. */
class Incoming {
  #parts: Buffer[] = [];
  #length = 0;
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(socket: Socket) {
    socket.on('data', (part: Buffer) => {
      this.#parts.push(part);
      this.#length += part.length;
      this.#wake?.();
    });
    socket.on('close', () => {
      this.#ended = true;
      this.#wake?.();
    });
  }

  /** @throws when the socket closes first. */
  async take(length: number): Promise<Buffer> {
    while (this.#length < length) {
      if (this.#ended) throw new Error('the line was closed');
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const all = Buffer.concat(this.#parts);
    this.#parts = all.length === length ? [] : [all.subarray(length)];
    this.#length -= length;
    return all.subarray(0, length);
  }
}
