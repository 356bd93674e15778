/**
 * What a peer's agent fetches of a move: an HTTP server of the agent, on the router's address and a port of its own.
 *
 *     GET /v1/transfer/<move>/listing/<part>      files as they are now, NDJSON       live, sealed
 *     GET /v1/transfer/<move>/outline/<part>      the same without digests, at once     live, sealed
 *     GET /v1/transfer/<move>/file/<part>/<path>  a file as it is now                 live, sealed
 *     GET /v1/transfer/<move>/bag/<path>          a file of the sealed bag            sealed, export
 *
 * Invariants: no answer without a token of this cell's portability for this very move (401, or 404 where it is another
 * one's); only declared parts of kind `files`, copies of databases and the move's own bag, never through links; whoever does not read on is
 * dropped. Who asked and for what is never in a URL's query. A crash breaks connections; the peer goes on by range.
 */
import { log, openTransferToken, type SignerKeys, type TransferScope } from '@freehold/platform';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ServedPart, servedPart, takeCopy } from './database-copies.js';
import { sendFile } from './send-file.js';
import { sendListing } from './send-listing.js';
import { Momentary } from './momentary.js';
import { openInside } from './open-inside.js';
import { isLeftOut, type StateAtHand, type StateOf } from './state-at-hand.js';
import type { MoveFolders } from './move-folders.js';
import { type ListKind, readTransferPath, type TransferRequest } from './transfer-path.js';

const HEADERS_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 30_000;
const MAX_HEADER_BYTES = 16 * 1024;

export interface TransferListenerOptions {
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  readonly signerKeys: SignerKeys;
  readonly folders: MoveFolders;
  readonly state: Pick<StateAtHand, 'live' | 'sealed'>;
  /** Connections at once. Default 64. */
  readonly maxConnections?: number;
  /** Whoever takes nothing for so long is dropped. Default 30 s. */
  readonly slowMs?: number;
}

export interface TransferListener {
  readonly port: number;
  /** Ends open connections too. */
  close(): Promise<void>;
}

const ALLOWED: Readonly<Record<TransferRequest['what'], readonly TransferScope['kind'][]>> = {
  listing: ['live', 'sealed'],
  outline: ['live', 'sealed'],
  file: ['live', 'sealed'],
  bag: ['sealed', 'export'],
};

export async function startTransferListener(options: TransferListenerOptions): Promise<TransferListener> {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: HEADERS_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
  });
  server.maxConnections = options.maxConnections ?? 64;
  const transfers = new Transfers(options);
  server.on('request', (request, response) => void transfers.answer(request, response));
  const { port } = await listen(server, options);
  return {
    port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

class Transfers {
  /** Hashing a tree twice at once helps nobody. */
  readonly #listings = new Set<string>();
  readonly #tokens = new Momentary<TransferScope>();
  readonly #live = new Momentary<StateOf>();
  readonly #sealed = new Momentary<NonNullable<Awaited<ReturnType<StateAtHand['sealed']>>>>();

  constructor(private readonly options: TransferListenerOptions) {}

  /** Never rejects: what goes wrong on this host is 503 before the answer begins, and a broken connection afterwards. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    dropSlow(response, this.options.slowMs ?? 30_000);
    try {
      await this.#answer(request, response);
    } catch (error) {
      log().warn({ err: error }, 'a transfer failed on this host');
      if (response.headersSent) response.destroy();
      else refuse(response, 503, { 'retry-after': '5' });
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, { allow: 'GET, HEAD' });
    const scope = await this.#scopeOf(request);
    if (scope === null) return refuse(response, 401, { 'www-authenticate': 'Bearer' });
    const asked = readTransferPath(request.url ?? '');
    const isAllowed = asked?.move === scope.move && ALLOWED[asked.what].includes(scope.kind);
    if (asked === null || !isAllowed) return refuse(response, 404);
    if (asked.what === 'bag') return this.#bag(asked.names, scope, request, response);
    const { environment } = scope;
    const state = await this.#live.get(environment, () => this.options.state.live(environment));
    const served = state === null ? null : servedPart(state, asked.part, this.options.folders.of(asked.move));
    if (state === null || served === null) return refuse(response, 404);
    if (asked.what !== 'file') return this.#listing(state, served, asked, response);
    const { folder, part } = served;
    if (isLeftOut(part, asked.names.join('/'))) return refuse(response, 404);
    return this.#file(folder, [...part.path.split('/'), ...asked.names], request, response);
  }

  async #listing(
    state: StateOf,
    served: ServedPart,
    asked: { what: ListKind; move: string; part: string },
    response: ServerResponse,
  ): Promise<void> {
    const key = `${asked.move} ${asked.part}`;
    if (this.#listings.has(key)) return refuse(response, 503, { 'retry-after': '1' });
    this.#listings.add(key);
    try {
      const folder = await this.options.folders.make(asked.move);
      const ready = (signal: AbortSignal) => takeCopy(state, asked.part, folder, signal);
      await sendListing({ ...served, what: asked.what, digests: folder.digests, ready }, response);
    } finally {
      this.#listings.delete(key);
    }
  }

  /** Files of parts are where the application left them; all else lies in the move's own folder. */
  async #bag(names: readonly string[], scope: TransferScope, request: IncomingMessage, response: ServerResponse) {
    const { move, environment } = scope;
    const ask = () => this.options.state.sealed(move, environment);
    const sealed = await this.#sealed.get(`${move} ${environment}`, ask);
    if (sealed === null) return refuse(response, 404);
    const [data, parts, name, ...below] = names;
    const isOfPart = data === 'data' && parts === 'parts' && below.length > 0;
    const part = isOfPart ? sealed.parts.find((one) => one.name === name && one.kind === 'files') : undefined;
    if (part === undefined) return this.#file(sealed.bag, names, request, response);
    if (isLeftOut(part, below.join('/'))) return refuse(response, 404);
    return this.#file(sealed.folder, [...part.path.split('/'), ...below], request, response);
  }

  async #file(folder: string, names: readonly string[], request: IncomingMessage, response: ServerResponse) {
    const file = openInside(folder, names);
    if (file === null) return refuse(response, 404);
    await sendFile(file, request, response);
  }

  async #scopeOf({ headers }: IncomingMessage): Promise<TransferScope | null> {
    const token = /^Bearer ([\w.-]{1,4096})$/i.exec(headers.authorization ?? '')?.[1];
    if (token === undefined) return null;
    return this.#tokens.get(token, async () => openTransferToken(this.options.signerKeys, token));
  }
}

function refuse(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { ...headers, 'content-length': '0' }).end();
}

/** Looked at twice per `slowMs`: bytes wait, and none of them has gone since. */
function dropSlow(response: ServerResponse, slowMs: number): void {
  let before = -1;
  const timer = setInterval(() => {
    const { socket } = response;
    const gone = (socket?.bytesWritten ?? 0) - (socket?.writableLength ?? 0);
    if (response.writableNeedDrain && gone === before) response.destroy();
    before = gone;
  }, slowMs);
  timer.unref();
  response.once('close', () => clearInterval(timer));
}

async function listen(server: Server, { address, port }: TransferListenerOptions): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address, port, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return server.address() as AddressInfo; // a TCP server that listens has one
}
