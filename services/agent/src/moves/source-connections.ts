import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { TransferBroken } from './transfer-broken.js';

export const CONNECTIONS = 4;

export interface Asked {
  /** Of what is wanted, complete. */
  readonly url: string;
  readonly token: string;
  /** The first byte that is wanted. */
  readonly offset: number;
}

/** A few connections to a move's source, which are kept. Redirections are not followed. */
export class SourceConnections {
  readonly #agents = {
    'http:': new HttpAgent({ keepAlive: true, maxSockets: CONNECTIONS }),
    'https:': new HttpsAgent({ keepAlive: true, maxSockets: CONNECTIONS }),
  };
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
