import { createServer, type Server, type Socket } from 'node:net';

export interface TcpOptions {
  readonly address: string;
  readonly port: number;
  readonly idleMs: number;
  readonly maxConnections: number;
  readonly respond: (bytes: Buffer) => Buffer | undefined;
}

/** No query of ours is longer; whoever announces more is not asking. */
const LONGEST_QUERY_BYTES = 4_096;
/** Of a connection, whatever it says: nobody keeps a place for ever. */
const LONGEST_MS = 120_000;
/** Unread answers of one connection. */
const UNREAD_BYTES = 256 * 1024;

/** DNS over TCP (RFC 7766): messages with their length before them, several on a connection, answered in order. */
export async function listenTcp(options: TcpOptions): Promise<{ server: Server; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    if (sockets.size >= options.maxConnections) sockets.values().next().value?.destroy();
    sockets.add(socket);
    serve(socket, options);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.address, port: options.port, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const close = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { server, close };
}

function serve(socket: Socket, { idleMs, respond }: TcpOptions): void {
  const end = setTimeout(() => socket.destroy(), LONGEST_MS);
  let held: Buffer = Buffer.alloc(0);
  socket.setTimeout(idleMs, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.once('close', () => clearTimeout(end));
  socket.on('data', (part) => {
    held = Buffer.concat([held, part]);
    while (held.length >= 2) {
      const length = held.readUInt16BE(0);
      if (length > LONGEST_QUERY_BYTES || socket.writableLength > UNREAD_BYTES) return void socket.destroy();
      if (held.length < length + 2) return;
      const answer = respond(held.subarray(2, length + 2));
      held = held.subarray(length + 2);
      if (answer === undefined) return void socket.destroy();
      socket.write(withLength(answer));
    }
  });
}

function withLength(answer: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(answer.length);
  return Buffer.concat([length, answer]);
}
