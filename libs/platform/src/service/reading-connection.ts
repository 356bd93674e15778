import type { NatsConnection } from '@nats-io/transport-node';
import { connectQuietly, type NatsConnectionOptions } from './nats-options.js';

/**
 * A service's second connection, over which old commits are read: while the server reads one of them, a whole block, it takes nothing
 * else that comes over the same connection (docs/adr, 0048). Opened when it is first asked for; comes back for ever then.
 */
export class ReadingConnection {
  #opening: Promise<NatsConnection> | undefined;
  #isClosed = false;

  constructor(private readonly options: NatsConnectionOptions) {}

  /** @throws when no server listens now, which does not make a reader wait; asked again, it tries again. */
  readonly get = (): Promise<NatsConnection> => {
    if (this.#isClosed) return Promise.reject(new Error('The reading connection is closed'));
    return (this.#opening ??= this.#open());
  };

  async close(): Promise<void> {
    this.#isClosed = true;
    const opened = await this.#opening?.catch(() => undefined);
    await opened?.close();
  }

  async #open(): Promise<NatsConnection> {
    const forget = () => (this.#opening = undefined);
    try {
      const connection = await connectQuietly({ ...this.options, waits: false });
      // As the client does for itself when the server refuses it again and again.
      void connection.closed().then(forget);
      return connection;
    } catch (cause) {
      forget();
      throw cause;
    }
  }
}
