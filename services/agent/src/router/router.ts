/**
 * The embedded HTTP router: one address, many names, each going to the port of one unit on this machine.
 *
 * Owns the listening socket and nothing on disk: routes are set by the agent from what runs.
 * Invariants: only a known name reaches a unit, exactly as it was asked (Host, path and body untouched,
 * nothing followed, nothing buffered whole); a client cannot forge X-Forwarded-*, for they are ours, or those of the
 * program in front of us that takes HTTPS; an answer of the router itself never lists names. A name may lead to another
 * router instead (forwarding), over HTTPS where its port is one for that (the certificate must be the name's); such a
 * request carries how often that happened (hops.ts) and never comes back here. On a crash: connections break, and the agent sets the routes again.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { isTlsPort } from '@freehold/provisioning-contract';
import { createProxyServer } from 'httpxy';
import { answerPlainly } from './plain-answer.js';
import type { PlainAnswer } from './plain-answer.js';
import { addHop, hopsOf, isOurs, MOST_HOPS } from './hops.js';

export interface Route {
  /** Of another host or router, an IP address: its names are forwarded there. Default: 127.0.0.1, a unit of this one. */
  readonly address?: string;
  readonly port: number;
}

/** By host name, lower case, without a port. */
export type Routes = ReadonlyMap<string, Route>;

export interface RouterOptions {
  /** For example chooseAddress(port)'s answer. */
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  /** All requests come through a program that takes HTTPS and sets X-Forwarded-For. Default false. */
  readonly behindTls?: boolean;
  /** Asked for every request until setRoutes is called. Default: nothing is known. */
  readonly routes?: (hostname: string) => Route | undefined;
  /** A unit that is silent for so long, before or within its answer, is given up. Default 10 min (long polls). */
  readonly unitTimeoutMs?: number;
  /** A client has so long to send its headers. Default 20 s. */
  readonly headersTimeoutMs?: number;
}

export interface Router {
  readonly address: string;
  readonly port: number;
  /** Takes effect with the next request; open connections go on. */
  setRoutes(routes: Routes): void;
  /** Ends open connections too. */
  close(): Promise<void>;
}

const HEADER_LIMIT_BYTES = 64 * 1024;
const UPGRADE_TIMEOUT_MS = 30_000;
const RETRY_AFTER_S = 2;

const UNKNOWN: PlainAnswer = { status: 404, text: 'Nothing is published under this name here.' };
const NOT_A_PATH: PlainAnswer = { status: 400, text: 'This is not a proxy: ask for a path, with a Host header.' };
const LOOPS: PlainAnswer = { status: 508, text: 'The providers hand this name on in a circle. Tell them.' };
const SILENT: PlainAnswer = {
  status: 503,
  text: 'The application does not answer at the moment. It may be starting; try again.',
  retryAfterS: RETRY_AFTER_S,
};
const BROKEN: PlainAnswer = {
  status: 502,
  text: 'The application broke off its answer. Try again.',
  retryAfterS: RETRY_AFTER_S,
};

export async function startRouter(options: RouterOptions): Promise<Router> {
  let lookUp = options.routes ?? (() => undefined);
  const ours: { place?: AddressInfo } = {};
  const target = (request: IncomingMessage) => findTarget(request, lookUp, ours.place);
  const { unitTimeoutMs: proxyTimeout = 600_000, headersTimeoutMs = 20_000, behindTls = false } = options;
  // A connection per request: a kept one could meet a unit that has just restarted, or another unit.
  const proxy = createProxyServer({ agent: false, proxyTimeout, upgradeTimeout: UPGRADE_TIMEOUT_MS });
  const writtenBefore = new WeakMap<object, number>();
  proxy.on('error', (error, _request, answer) => {
    if (answer) answerPlainly(answer, isRefused(error) ? SILENT : BROKEN, writtenBefore.get(answer));
  });
  proxy.on('proxyRes', (fromUnit) => {
    delete fromUnit.headers.connection; // ours with the unit, not the client's with us
    delete fromUnit.headers['keep-alive'];
  });
  const server = createServer({
    maxHeaderSize: HEADER_LIMIT_BYTES,
    headersTimeout: headersTimeoutMs,
    requestTimeout: 0,
  });
  const close = closerOf(server);
  server.on('request', (request, response) => {
    const found = target(request);
    if ('status' in found) return answerPlainly(response, found);
    mark(request, found, behindTls);
    proxy.web(request, response, { target: found }).catch(() => answerPlainly(response, BROKEN));
  });
  server.on('upgrade', (request, duplex, head) => {
    const socket = duplex as Socket; // node:http hands over the connection's socket
    socket.on('error', () => socket.destroy());
    writtenBefore.set(socket, socket.bytesWritten);
    const found = target(request);
    if ('status' in found) return answerPlainly(socket, found, socket.bytesWritten);
    mark(request, found, behindTls);
    proxy.ws(request, socket, { target: found }, head).catch(() => socket.destroy());
  });
  const { address, port } = (ours.place = await listen(server, options));
  return {
    address,
    port,
    setRoutes: (routes) => void (lookUp = (hostname) => routes.get(hostname)),
    close,
  };
}

/** Ends the server, with the connections that are open then. */
function closerOf(server: Server): () => Promise<void> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
}

interface Target {
  readonly protocol: 'http:' | 'https:';
  readonly host: string;
  readonly port: number;
  readonly forwards: boolean;
}

function findTarget(
  request: IncomingMessage,
  lookUp: (hostname: string) => Route | undefined,
  ours: AddressInfo | undefined,
): Target | PlainAnswer {
  if (!(request.url ?? '').startsWith('/') && request.url !== '*') return NOT_A_PATH;
  const hostname = hostnameOf(request.headers.host ?? '');
  const route = hostname === undefined ? undefined : lookUp(hostname);
  if (route === undefined) return UNKNOWN;
  const { address: host = '127.0.0.1', port } = route;
  const forwards = route.address !== undefined;
  if (forwards && (hopsOf(request) >= MOST_HOPS || isOurs(ours, { host, port }))) return LOOPS;
  return { protocol: forwards && isTlsPort(port) ? 'https:' : 'http:', host, port, forwards };
}

function mark(request: IncomingMessage, { forwards }: Target, behindTls: boolean): void {
  markForwarded(request, behindTls);
  if (forwards) addHop(request);
}

/** Lower case, without port and without the final dot of a full name; undefined when it is no host name. */
export function hostnameOf(host: string): string | undefined {
  return /^([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?(?::\d{1,5})?$/.exec(host.toLowerCase())?.[1];
}

/**
 * What the client claims about itself is replaced by what is seen at the edge: by us, or by the program in front of us,
 * which adds the address that it saw as the last one.
 */
function markForwarded(request: IncomingMessage, behindTls: boolean): void {
  const [given] = [request.headers['x-forwarded-for'] ?? []].flat().slice(-1);
  const seenInFront = behindTls ? given?.split(',').at(-1)?.trim() : undefined;
  delete request.headers.forwarded;
  delete request.headers['x-forwarded-port'];
  request.headers['x-forwarded-for'] = seenInFront ?? request.socket.remoteAddress ?? '';
  request.headers['x-forwarded-proto'] = behindTls ? 'https' : 'http';
  request.headers['x-forwarded-host'] = request.headers.host ?? '';
}

/** Nobody listens there: nothing of the request has happened. */
function isRefused(error: Error): boolean {
  return 'code' in error && error.code === 'ECONNREFUSED';
}

async function listen(server: Server, { address, port }: RouterOptions): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address, port, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return server.address() as AddressInfo; // a TCP server that listens has one
}
