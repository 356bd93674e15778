import { ensureLogStream, jetStreamLog, LogUnavailable } from '@freehold/log';
import { ensureOps } from '@freehold/platform';
import { userAuthenticator } from '@freehold/supervisor/nkey';
import { eventually } from '@freehold/supervisor/testing';
import { ensureVaultBucket } from '@freehold/vault';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { StoredCommit } from '@freehold/kernel';
import { Guest, type GuestOptions } from './guest.js';
import type { Found, PowerLedger } from './ledger.js';
import { type KeyedStore, keyedStores } from './power-writers.js';
import type { Cut } from './volatile-disk.js';

const LOG_BYTES = 256 * 2 ** 20;
const BOOT_TIMEOUT_MS = 180_000;
const LOOKS = 10;

/** The stores of a cell in a machine whose power can be cut, and a client of them that goes on afterwards. */
export class PowerCell implements AsyncDisposable {
  private constructor(
    private readonly guest: Guest,
    readonly connection: NatsConnection,
    readonly stores: readonly KeyedStore[],
  ) {}

  static async start(options: GuestOptions & { seed: string }): Promise<PowerCell> {
    const guest = await Guest.make(options);
    try {
      guest.switchOn();
      const connection = await connect({
        servers: `127.0.0.1:${options.port}`,
        authenticator: userAuthenticator(options.seed),
        maxReconnectAttempts: -1,
        reconnectTimeWait: 200,
        waitOnFirstConnect: true,
      });
      await serving(guest, connection);
      return new PowerCell(guest, connection, await keyedStores(connection));
    } catch (error) {
      await guest[Symbol.asyncDispose]();
      throw error;
    }
  }

  cut(hadGotThere: (sector: number) => boolean): Promise<Cut> {
    return this.guest.cut(hadGotThere);
  }

  /** @returns milliseconds until the server serves. @throws when it does not come back. */
  async back(): Promise<number> {
    const begun = performance.now();
    this.guest.switchOn();
    await serving(this.guest, this.connection);
    return performance.now() - begun;
  }

  /** @throws when the log cannot be read from its beginning to its head; an emulated machine may be slow to answer. */
  async look(ledger: PowerLedger): Promise<Found> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#look(ledger);
      } catch (cause) {
        if (!(cause instanceof LogUnavailable) || attempt === LOOKS) throw cause;
      }
    }
  }

  async #look({ puts }: PowerLedger): Promise<Found> {
    const log = jetStreamLog({ connection: this.connection });
    const head = await log.head();
    const commits: StoredCommit[] = [];
    for await (const each of log.range('1:0', head)) commits.push(each);
    const values = new Map<string, string>();
    for (const name of puts.keys()) {
      const [store, key = ''] = name.split(' ');
      const value = await this.stores.find((each) => each.name === store)?.get(key);
      if (value !== undefined) values.set(name, Buffer.from(value).toString());
    }
    return { commits, head, values };
  }

  /** What the machine has to say. */
  get said(): string {
    return this.guest.said;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection.close();
    await this.guest[Symbol.asyncDispose]();
  }
}

async function serving(guest: Guest, connection: NatsConnection): Promise<void> {
  const answers = async (): Promise<boolean> => {
    const answer = await connection.request('$JS.API.INFO', undefined, { timeout: 1_000 }).catch(() => undefined);
    return answer !== undefined && !answer.string().includes('"error"');
  };
  if (!(await eventually(answers, { timeoutMs: BOOT_TIMEOUT_MS, intervalMs: 100 })))
    throw new Error(`the machine does not serve:\n${guest.said}`);
  // As `up` does at each start. A stream that is gone altogether is made anew, and its commits are missed.
  await ensureLogStream(connection, { maxBytes: LOG_BYTES });
  await ensureVaultBucket(connection);
  await ensureOps(connection);
}
