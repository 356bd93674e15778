import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createServer, request as ask } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { startRouter } from './router.js';
import type { Router, RouterOptions } from './router.js';

describe('the router, for a name that leads to another router', () => {
  let router: Router;
  let other: Router;
  let unit: Server;
  let handle: (request: IncomingMessage, response: ServerResponse) => unknown;
  const name = 'chat.acme.freehold.test';
  beforeEach(async () => {
    handle = (request, response) => response.end(request.url);
    unit = createServer((request, response) => handle(request, response));
    await new Promise<void>((resolve) => unit.listen(0, '127.0.0.1', resolve));
    router = await startRouter({ address: '127.0.0.1', port: 0 });
    other = await startRouter({ address: '127.0.0.1', port: 0, unitTimeoutMs: 400 });
    other.setRoutes(new Map([[name, { port: (unit.address() as AddressInfo).port }]]));
    forwardTo(other.port);
  });
  afterEach(async () => {
    await Promise.all([router.close(), other.close()]);
    unit.closeAllConnections();
    await new Promise((resolve) => unit.close(resolve));
  });
  const forwardTo = (port: number, address = '127.0.0.1') => router.setRoutes(new Map([[name, { address, port }]]));

  test('hands everything on to another router, Host untouched, and says that it passed here', async () => {
    let seen: IncomingHttpHeaders = {};
    handle = async (request, response) => {
      seen = request.headers;
      response.writeHead(201, { 'x-from': 'unit' });
      response.end(`${request.method} ${request.url} ${request.headers.host} ${await text(request)}`);
    };
    const answer = await get('/.well-known/x?y=1', { host: `${name}:8080`, 'x-forwarded-for': '6.6.6.6' }, 'body');
    expect(answer).toMatchObject({ status: 201, headers: { 'x-from': 'unit' } });
    expect(answer.body).toBe(`POST /.well-known/x?y=1 ${name}:8080 body`);
    expect(seen).toMatchObject({ via: '1.1 freehold', 'x-forwarded-for': '127.0.0.1' });
  });

  test('tells units of this host nothing about hops, and keeps what a client says in Via', async () => {
    let seen: IncomingHttpHeaders = {};
    handle = (request, response) => response.end(void (seen = request.headers));
    await get('/', { via: '1.0 cache' });
    expect(seen.via).toBe('1.0 cache, 1.1 freehold');
    router.setRoutes(new Map([[name, { port: (unit.address() as AddressInfo).port }]]));
    await get('/');
    expect(seen.via).toBeUndefined();
  });

  test('carries websockets', async () => {
    unit.on('upgrade', (_, socket: Socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nready ');
      socket.pipe(socket);
    });
    const upgrade = `GET /live HTTP/1.1\r\nHost: ${name}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
    const seen = await talk(upgrade, (socket, so) => so.endsWith('ready ') && socket.end('ping'));
    expect(seen).toMatch(/^HTTP\/1\.1 101 .*\r\n\r\nready ping$/s);
    forwardTo(router.port);
    expect(await talk(upgrade)).toMatch(/^HTTP\/1\.1 508 /);
  });

  test.each(['127.0.0.1', '0.0.0.0', '::ffff:127.0.0.1'])('to itself as %s is 508', async (address) => {
    forwardTo(router.port, address);
    expect((await get('/')).status).toBe(508);
  });

  test('to an address of its own is 508 where it listens on all of them', async () => {
    await using everywhere = await disposable({ address: '0.0.0.0', port: 0 });
    everywhere.router.setRoutes(new Map([[name, { address: '127.0.0.9', port: everywhere.router.port }]]));
    const at = { host: '127.0.0.1', port: everywhere.router.port, headers: { host: name }, agent: false };
    const status = new Promise((resolve, reject) =>
      ask(at, (response) => resolve(response.resume().statusCode))
        .once('error', reject)
        .end(),
    );
    expect(await status).toBe(508);
  });

  test('in a circle ends after five hops', async () => {
    let asked = 0;
    const here = router.port;
    await using third = await disposable({
      ...{ address: '127.0.0.1', port: 0 },
      routes: () => {
        asked += 1;
        return { address: '127.0.0.1', port: here };
      },
    });
    forwardTo(third.router.port);
    expect((await get('/')).status).toBe(508);
    expect(asked).toBe(3); // of six: five hops and the one that is refused
  });

  test('to where nobody is, is 503; to who breaks off, 502', async () => {
    handle = (request) => request.socket.destroy();
    expect(await get('/')).toMatchObject({ status: 502, headers: { 'retry-after': '2' } });
    const { port } = other;
    await other.close();
    forwardTo(port);
    expect(await get('/')).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
    other = await startRouter({ address: '127.0.0.1', port: 0 });
  });

  async function disposable(options: RouterOptions) {
    const started = await startRouter(options);
    return { router: started, [Symbol.asyncDispose]: () => started.close() };
  }

  async function get(path: string, headers: Record<string, string> = {}, body?: string) {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const method = body === undefined ? 'GET' : 'POST';
      const to = { host: router.address, port: router.port, path, method, agent: false };
      ask({ ...to, headers: { host: name, ...headers } }, resolve)
        .on('error', reject)
        .end(body);
    });
    return { status: response.statusCode, headers: response.headers, body: await text(response) };
  }

  /** Sends bytes, answers all that comes until the other side closes. */
  function talk(bytes: string, react: (socket: Socket, seen: string) => void = () => undefined): Promise<string> {
    return new Promise((resolve, reject) => {
      let seen = '';
      const socket = connect(router.port, router.address, () => void socket.write(bytes));
      socket.on('data', (chunk) => react(socket, (seen += chunk.toString())));
      socket.on('error', reject).on('close', () => resolve(seen));
    });
  }
});
