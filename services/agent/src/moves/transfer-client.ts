import type { TransferSource } from '@freehold/portability-contract';
import { log } from '@freehold/platform';
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { NotAnswered } from '../reconciler/failures.js';
import { sourceUnreachable, TransferBroken } from './move-failures.js';
import { transferPath } from './transfer-path.js';

export const CONNECTIONS = 4;
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
  readonly ask: () => Promise<TransferSource>;
  readonly signal: AbortSignal;
}

/** An answer whose body is still to be read. */
export interface Opened {
  readonly status: 200 | 206;
  readonly headers: IncomingMessage['headers'];
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Fetches from the source of one move over a few kept connections. Redirections are not followed; the token is renewed
 * when it ends; whatever breaks is tried again for as long as bytes come.
 */
export class TransferClient {
  readonly #agents = {
    'http:': new HttpAgent({ keepAlive: true, maxSockets: CONNECTIONS }),
    'https:': new HttpsAgent({ keepAlive: true, maxSockets: CONNECTIONS }),
  };
  #source: Promise<TransferSource> | undefined;
  #lastByteAt = performance.now();

  constructor(private readonly options: TransferClientOptions) {}

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  /** The same again while it breaks. @throws GivenUp `source-unreachable`; what `work` throws otherwise */
  async patiently<Result>(work: () => Promise<Result>): Promise<Result> {
    const { signal, patienceMs, retryMs } = this.options;
    const beganAt = performance.now();
    for (;;) {
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

  /**
   * Opens what lies under these names, from a byte on. Null: the source does not have it.
   * @throws TransferBroken · GivenUp for an answer that no source gives
   */
  async open(names: readonly string[], offset = 0): Promise<Opened | null> {
    const source = await this.#current();
    const response = await this.#get(source, `${source.url}${transferPath(...names)}`, offset);
    const { statusCode = 0, headers } = response;
    if (statusCode === 200 || statusCode === 206) {
      return { status: statusCode, headers, body: this.#counted(response) };
    }
    response.resume();
    if (statusCode === 404) return null;
    if (statusCode === 401) this.#source = undefined;
    throw new TransferBroken(`status ${statusCode}`);
  }

  async *#counted(response: IncomingMessage): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of response) {
        this.#lastByteAt = performance.now();
        yield chunk as Uint8Array; // no encoding is set
      }
    } catch (cause) {
      throw new TransferBroken('the connection broke', cause);
    } finally {
      response.destroy();
    }
  }

  async #current(): Promise<TransferSource> {
    const known = await this.#source?.catch(() => undefined);
    if (known !== undefined && Date.parse(known.expires) - RENEW_BEFORE_MS > Date.now()) return known;
    this.#source = this.options.ask();
    return this.#source;
  }

  #get(source: TransferSource, url: string, offset: number): Promise<IncomingMessage> {
    const { signal, silentMs } = this.options;
    const headers = {
      authorization: `Bearer ${source.token}`,
      'accept-encoding': 'identity',
      ...(offset === 0 ? {} : { range: `bytes=${offset}-` }),
    };
    return new Promise((resolve, reject) => {
      const isSecure = url.startsWith('https:');
      const agent = this.#agents[isSecure ? 'https:' : 'http:'];
      const sent = (isSecure ? httpsRequest : httpRequest)(url, { agent, headers, signal });
      sent.setTimeout(silentMs, () => sent.destroy(new Error('the connection was silent')));
      sent.once('response', resolve);
      sent.once('error', (cause) => reject(new TransferBroken('no answer', cause)));
      sent.end();
    });
  }
}
