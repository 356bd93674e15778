import { createServer } from 'node:net';

/** Raised when each of 127.0.0.2 … 127.0.0.254 has something on the port. */
export class NoAddressLeft extends Error {
  override readonly name = 'NoAddressLeft';
  readonly hint = 'choose another port for the router, or stop an installation on this machine';

  constructor(
    readonly port: number,
    cause: unknown,
  ) {
    super(`no loopback address has port ${port} free`, { cause });
  }
}

/**
 * The loopback address of an installation on this machine: the first of 127.0.0.2 … 127.0.0.254 where the
 * port can be bound. The caller keeps it: an installation's address must not change.
 */
export async function chooseAddress(port: number): Promise<string> {
  let last: unknown;
  for (let n = 2; n <= 254; n++) {
    const address = `127.0.0.${n}`;
    try {
      await tryToBind(address, port);
      return address;
    } catch (error) {
      last = error;
    }
  }
  throw new NoAddressLeft(port, last);
}

async function tryToBind(host: string, port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}
