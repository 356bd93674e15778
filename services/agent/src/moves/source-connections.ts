import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { OnReadOpts, Socket } from 'node:net';
import { TransferBroken } from './transfer-broken.js';

export const CONNECTIONS = 4;
const READ_BYTES = 256 * 1024;

export interface Asked {
  /** Of what is wanted, complete. */
  readonly url: string;
  readonly token: string;
  /** The first byte that is wanted. */
  readonly offset: number;
}

/** A few connections to a move's source, which are kept. Redirections are not followed. */
export class SourceConnections {
  readonly #options = { keepAlive: true, maxSockets: CONNECTIONS, onread: onread() };
  readonly #agents = { 'http:': new HttpAgent(this.#options), 'https:': new HttpsAgent(this.#options) };
  readonly #silentMs: number;

  /** @param silentMs a connection that is silent for so long is broken */
  constructor(silentMs: number) {
    this.#silentMs = silentMs;
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  /** Null: the source does not have it. An answer otherwise is 200 or 206, its body still to be read. @throws TransferBroken */
  async get(asked: Asked, signal?: AbortSignal): Promise<IncomingMessage | null> {
    const response = await this.#send(asked, signal);
    const { statusCode: status = 0 } = response;
    if (status === 200 || status === 206) return response;
    response.resume();
    if (status === 404) return null;
    throw new TransferBroken(`status ${status}`, { status });
  }

  #send({ url, token, offset }: Asked, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    const headers = {
      authorization: `Bearer ${token}`,
      'accept-encoding': 'identity',
      ...(offset === 0 ? {} : { range: `bytes=${offset}-` }),
    };
    const isSecure = url.startsWith('https:');
    const agent = this.#agents[isSecure ? 'https:' : 'http:'];
    const options = { agent, headers, ...(signal === undefined ? {} : { signal }) };
    return new Promise((resolve, reject) => {
      const sent = (isSecure ? httpsRequest : httpRequest)(url, options);
      sent.setTimeout(this.#silentMs, () => sent.destroy(new Error('the connection was silent')));
      sent.once('response', resolve);
      sent.once('error', (cause) => reject(new TransferBroken('no answer', { cause })));
      sent.end();
    });
  }
}

/**
 * All connections read into the same memory, one after the other: the parser of HTTP takes a copy of what it hands on. Left
 * alone, each reading takes 64 KiB of its own, which nobody can give back, and the garbage collector goes through the whole
 * heap every few hundred of them (`external memory pressure` in `node --trace-gc`): most of the time that receiving took.
 */
function onread(): OnReadOpts {
  return {
    buffer: Buffer.allocUnsafeSlow(READ_BYTES),
    callback(this: Socket, count, buffer) {
      this.emit('data', buffer.subarray(0, count));
      return true;
    },
  };
}
