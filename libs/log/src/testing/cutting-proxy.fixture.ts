import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';

/** Stands between a client and its server on 127.0.0.1, and cuts the line once at a chosen moment; then all is well again. */
export interface CuttingProxy {
  readonly port: number;
  /** After the server has got `bytes` more from the client. */
  cutAfterSending(bytes: number): void;
  /** When the server answers next: all that was sent has arrived. */
  cutBeforeAnswer(): void;
  close(): Promise<void>;
}

type Cut = { kind: 'none' } | { kind: 'sending'; leftBytes: number } | { kind: 'answer' };

export async function cuttingProxy(serverPort: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let cut: Cut = { kind: 'none' };
  const sever = (): void => {
    cut = { kind: 'none' };
    for (const socket of sockets) socket.destroy();
  };
  const forward = (client: Socket, server: Socket): void => {
    client.on('data', (chunk: Buffer) => {
      if (cut.kind !== 'sending') return void server.write(chunk);
      const part = chunk.subarray(0, cut.leftBytes);
      cut.leftBytes -= part.length;
      // Not before it has been handed to the system, or the server would get less.
      const whenWritten = cut.leftBytes === 0 ? () => server.end(sever) : undefined;
      server.write(part, whenWritten);
    });
    server.on('data', (chunk: Buffer) => (cut.kind === 'answer' ? sever() : client.write(chunk)));
  };
  const listening: Server = createServer((client) => {
    const server = createConnection({ host: '127.0.0.1', port: serverPort });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    forward(client, server);
  });
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const address = listening.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cutAfterSending: (bytes) => void (cut = { kind: 'sending', leftBytes: bytes }),
    cutBeforeAnswer: () => void (cut = { kind: 'answer' }),
    close: async () => {
      const closed = once(listening, 'close');
      listening.close();
      sever();
      await closed;
    },
  };
}
