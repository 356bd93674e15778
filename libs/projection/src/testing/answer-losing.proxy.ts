import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';

const COMMIT = Buffer.from('commit\0');

/** Stands between a program and PostgreSQL's Unix socket. */
export interface AnswerLosingProxy {
  /** To be given to the program as the server's `host`. */
  folder: string;
  /** The next commit is carried out; its answer and the connection are lost. */
  loseNextCommit(): void;
  /** How many answers were lost. */
  lost(): number;
  close(): Promise<void>;
}

export async function answerLosingProxy(options: {
  /** Folder for the proxy's socket. */
  folder: string;
  server: { host: string; port: number };
}): Promise<AnswerLosingProxy> {
  const { folder, server } = options;
  const file = `.s.PGSQL.${server.port}`;
  const sockets = new Set<Socket>();
  let losing = false;
  let lost = 0;

  const proxy = createServer((client) => {
    const upstream = connect(join(server.host, file));
    let swallow = false;
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', end);
      socket.on('close', end);
    }
    client.on('data', (bytes: Buffer) => {
      if (losing && bytes.includes(COMMIT)) {
        losing = false;
        swallow = true;
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes: Buffer) => {
      if (!swallow) {
        client.write(bytes);
        return;
      }
      lost += 1;
      end();
    });
  });
  proxy.listen(join(folder, file));
  await once(proxy, 'listening');
  return {
    folder,
    loseNextCommit: () => {
      losing = true;
    },
    lost: () => lost,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
