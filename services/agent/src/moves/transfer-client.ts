import type { ArrivalSource } from '@freehold/portability-contract';
import { log } from '@freehold/platform';
import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { NotAnswered } from '../reconciler/failures.js';
import { sourceUnreachable } from './move-failures.js';
import type { Fetched, FileOrder } from './receive-file.js';
import { ReceivingThread } from './receiving-thread.js';
import { SourceConnections } from './source-connections.js';
import { TransferBroken } from './transfer-broken.js';
import { transferPath } from './transfer-path.js';

/** A new token is asked for so long before the old one ends. */
const RENEW_BEFORE_MS = 10_000;

export interface TransferTiming {
  /** A connection that is silent for so long is broken. */
  readonly silentMs: number;
  readonly retryMs: number;
  /** Without a byte for so long, whatever is tried, the source counts as unreachable. */
  readonly patienceMs: number;
}

export interface TransferClientOptions extends TransferTiming {
  readonly ask: () => Promise<ArrivalSource>;
  readonly signal: AbortSignal;
  /** Of those that files are received by. One alone takes some 330 MB/s, half of it where files are hashed; each has memory of its own. */
  readonly threads: number;
}

/** A file that is wanted. */
export interface Wanted extends Omit<FileOrder, 'url' | 'token'> {
  /** Where the source has it, below the move's URL. */
  readonly from: readonly string[];
}

/**
 * Fetches from the source of one move over a few kept connections: lists and documents itself, files in threads. The
 * token is renewed when it ends; whatever breaks is tried again for as long as bytes come.
 */
export class TransferClient {
  readonly #connections: SourceConnections;
  readonly #threads: readonly ReceivingThread[];
  #source: Promise<ArrivalSource> | undefined;
  #lastByteAt = performance.now();

  constructor(private readonly options: TransferClientOptions) {
    const { silentMs, threads } = options;
    this.#connections = new SourceConnections(silentMs);
    this.#threads = Array.from({ length: threads }, () => new ReceivingThread(silentMs));
  }

  /** Nothing is written any more when it returns. */
  async close(): Promise<void> {
    this.#connections.close();
    await this.rest();
  }

  /**
   * Gives back the 40 MB that files are fetched with, until the next one is wanted. Those that are under way break, with
   * what came of them kept.
   */
  async rest(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  /** The same again while it breaks. @throws GivenUp `source-unreachable`; what `work` throws otherwise */
  async patiently<Result>(work: () => Promise<Result>, signal = this.options.signal): Promise<Result> {
    const { patienceMs, retryMs } = this.options;
    const beganAt = performance.now();
    for (;;) {
      signal.throwIfAborted();
      try {
        return await work();
      } catch (error) {
        signal.throwIfAborted();
        const isBroken = error instanceof TransferBroken || error instanceof NotAnswered;
        if (!isBroken) throw error;
        if (performance.now() - Math.max(this.#lastByteAt, beganAt) > patienceMs)
          throw sourceUnreachable(patienceMs, error);
        log().debug({ err: error }, 'a transfer is tried again');
      }
      await pause(retryMs, undefined, { signal });
    }
  }

  /** The bytes that lie under these names. Null: the source does not have it. @throws TransferBroken */
  async open(names: readonly string[], signal = this.options.signal): Promise<AsyncIterable<Uint8Array> | null> {
    const response = await this.#withSource(names, (at) => this.#connections.get({ ...at, offset: 0 }, signal));
    return response === null ? null : this.#counted(response);
  }

  /** @param counted bytes that came over the network, now and then. @throws TransferBroken: what came is kept */
  async fetch({ from, ...wanted }: Wanted, counted: (bytes: number) => void): Promise<Fetched> {
    return this.#withSource(from, (at) =>
      this.#leastBusy().receive({ ...wanted, ...at }, (bytes) => {
        this.#lastByteAt = performance.now();
        counted(bytes);
      }),
    );
  }

  #leastBusy(): ReceivingThread {
    return this.#threads.reduce((least, thread) => (thread.busy < least.busy ? thread : least));
  }

  async #withSource<Result>(
    names: readonly string[],
    work: (at: Pick<FileOrder, 'url' | 'token'>) => Promise<Result>,
  ): Promise<Result> {
    const { url, token } = await this.source();
    const asked = this.#source;
    try {
      return await work({ url: `${url}${transferPath(...names)}`, token });
    } catch (error) {
      const isEnded = error instanceof TransferBroken && error.status === 401;
      if (isEnded && this.#source === asked) this.#source = undefined; // others may have asked anew already
      throw error;
    }
  }

  async *#counted(response: IncomingMessage): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of response) {
        this.#lastByteAt = performance.now();
        yield chunk as Uint8Array; // no encoding is set
      }
    } catch (cause) {
      throw new TransferBroken('the connection broke', { cause });
    } finally {
      response.destroy();
    }
  }

  /** Where it is fetched from at the moment. @throws NotAnswered · GivenUp */
  async source(): Promise<ArrivalSource> {
    const known = await this.#source?.catch(() => undefined);
    if (known !== undefined && Date.parse(known.expires) - RENEW_BEFORE_MS > Date.now()) return known;
    this.#source = this.options.ask();
    return this.#source;
  }
}
