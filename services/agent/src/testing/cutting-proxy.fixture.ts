import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What a proxy between two agents does with answers. */
export class CuttingProxy {
  /** Bytes of answers that have passed. */
  passed = 0;
  /** After so many bytes, every connection is cut, once. */
  cutAfter = Infinity;
  /** After so many bytes, nothing passes any more. */
  stallAfter = Infinity;
  cuts = 0;
  readonly #sockets = new Set<Socket>();

  private constructor(
    readonly port: number,
    private readonly stop: () => Promise<void>,
  ) {}

  static async open(to: () => number): Promise<CuttingProxy> {
    let proxy: CuttingProxy | undefined = undefined;
    const server = createServer((client) => proxy?.join(client, connect(to(), '127.0.0.1')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const stop = () => new Promise<void>((resolve) => server.close(() => resolve()));
    proxy = new CuttingProxy((server.address() as AddressInfo).port, stop);
    return proxy;
  }

  /** Every connection, now. */
  cut(): void {
    this.cuts += 1;
    this.#destroyAll();
  }

  async close(): Promise<void> {
    const stopped = this.stop();
    this.#destroyAll();
    await stopped;
  }

  private join(client: Socket, source: Socket): void {
    for (const [socket, other] of [
      [client, source],
      [source, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.pipe(source);
    source.on('data', (chunk) => this.#pass(chunk, client));
  }

  #pass(chunk: Uint8Array, client: Socket): void {
    if (this.passed >= this.stallAfter) return;
    this.passed += chunk.length;
    client.write(chunk);
    if (this.passed < this.cutAfter) return;
    this.cutAfter = Infinity;
    this.cuts += 1;
    this.#destroyAll();
  }

  #destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
