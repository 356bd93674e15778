import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Server, type Socket } from 'node:net';

/** What a program in memory sees of the network. Only what goes through here can be closed. */
export interface MemoryNetwork {
  /** Resolves once the server listens on the loopback port. */
  listen(server: Server, port: number): Promise<void>;
  /** Rejects as connecting does. */
  connect(host: string, port: number): Promise<Socket>;
  /** A datagram; rejects where the host cannot be reached. */
  send(host: string, port: number): Promise<void>;
}

/** This machine's network. */
export const openNetwork: MemoryNetwork = {
  listen: async (server, port) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  },
  connect: async (host, port) => connected(connect({ host, port })),
  send: async (host, port) => {
    const socket = createSocket('udp4');
    await new Promise((resolve) => socket.send('x', port, host, resolve));
    socket.close();
  },
};

/**
 * A network of its own: loopback ports are abstract Unix sockets (unix(7)) under a name that nobody can guess, so that
 * they are real connections and still nowhere on this machine's network.
 */
export class ClosedMemoryNetwork implements MemoryNetwork {
  readonly #name = randomUUID();

  async listen(server: Server, port: number): Promise<void> {
    server.listen({ path: this.#path(port) });
    await once(server, 'listening');
  }

  async connect(host: string, port: number): Promise<Socket> {
    if (host === '127.0.0.1') return connected(connect({ path: this.#path(port) }));
    throw unreachable(host, port);
  }

  async send(host: string, port: number): Promise<void> {
    if (host !== '127.0.0.1') throw unreachable(host, port);
  }

  #path(port: number): string {
    return `\0freehold-memory-${this.#name}-${port}`;
  }
}

const unreachable = (host: string, port: number): Error =>
  Object.assign(new Error(`connect ENETUNREACH ${host}:${port}`), { code: 'ENETUNREACH' });

async function connected(socket: Socket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
