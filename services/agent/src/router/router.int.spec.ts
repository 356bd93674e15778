import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createServer, request as ask } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Claims } from '../backend/process/claims.js';
import { chooseAddress } from './choose-address.js';
import { hostnameOf, startRouter } from './router.js';
import type { Router } from './router.js';

describe('the router by host name', () => {
  let router: Router;
  let unit: Server;
  let handle: (request: IncomingMessage, response: ServerResponse) => unknown;
  const name = 'chat.acme.freehold.test';
  beforeEach(async () => {
    handle = (request, response) => response.end(request.url);
    unit = createServer((request, response) => handle(request, response));
    await new Promise<void>((resolve) => unit.listen(0, '127.0.0.1', resolve));
    router = await startRouter({ address: '127.0.0.1', port: 0, unitTimeoutMs: 1_500 });
    router.setRoutes(new Map([[name, { port: (unit.address() as AddressInfo).port }]]));
  });
  afterEach(async () => {
    await router.close();
    unit.closeAllConnections();
    await new Promise((resolve) => unit.close(resolve));
  });

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

  test('hands path, query, body and Host on, and the answer back', async () => {
    handle = async (request, response) => {
      response.writeHead(201, { 'x-from': 'unit', 'set-cookie': ['a=1', 'b=2'] });
      response.end(`${request.method} ${request.url} ${request.headers.host} ${await text(request)}`);
    };
    const host = `${name.toUpperCase()}.:8080`;
    const answer = await get('/a//b?c=%20&d', { host }, 'grüße');
    expect(answer.status).toBe(201);
    expect(answer.body).toBe(`POST /a//b?c=%20&d ${host} grüße`);
    expect(answer.headers).toMatchObject({ 'x-from': 'unit', 'set-cookie': ['a=1', 'b=2'] });
  });

  test('says who asked, and believes no client about it', async () => {
    let seen: IncomingHttpHeaders = {};
    handle = (request, response) => {
      seen = request.headers;
      response.end();
    };
    await get('/', { 'x-forwarded-for': '6.6.6.6', 'x-forwarded-host': 'evil', forwarded: 'for=6.6.6.6' });
    expect(seen).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': name,
    });
    expect(seen.forwarded).toBeUndefined();
  });

  test('believes the program in front that takes HTTPS, as to what it saw itself', async () => {
    let seen: IncomingHttpHeaders = {};
    handle = (request, response) => {
      seen = request.headers;
      response.end();
    };
    await router.close();
    router = await startRouter({ address: '127.0.0.1', port: 0, behindTls: true });
    router.setRoutes(new Map([[name, { port: (unit.address() as AddressInfo).port }]]));
    await get('/', {
      'x-forwarded-for': '6.6.6.6, 9.9.9.9',
      'x-forwarded-proto': 'gopher',
      'x-forwarded-host': 'evil',
    });
    expect(seen).toMatchObject({
      'x-forwarded-for': '9.9.9.9',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': name,
    });
    await get('/');
    expect(seen['x-forwarded-for']).toBe('127.0.0.1');
  });

  test.each(['other.freehold.test', `x${name}`, 'constructor', '[::1]', 'a b'])(
    'an unknown name %p is a plain 404 that lists nothing',
    async (host) => {
      const answer = await get('/', { host });
      expect(answer.status).toBe(404);
      expect(answer.body).not.toContain('acme');
    },
  );

  test('a changed table takes effect with the next request', async () => {
    expect((await get('/')).status).toBe(200);
    router.setRoutes(new Map());
    expect((await get('/')).status).toBe(404);
  });

  test('follows nothing', async () => {
    handle = (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/inside' }).end();
    expect(await get('/')).toMatchObject({ status: 302, headers: { location: 'http://127.0.0.1:1/inside' } });
  });

  test('refuses to be a proxy for other addresses', async () => {
    expect((await get('http://127.0.0.1:1/')).status).toBe(400);
  });

  test('a unit that is not there is 503, with when to try again', async () => {
    unit.closeAllConnections();
    await new Promise((resolve) => unit.close(resolve));
    expect(await get('/')).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
  });

  test('a unit that breaks off or stays silent is 502', async () => {
    handle = (request) => request.socket.destroy();
    expect(await get('/')).toMatchObject({ status: 502, headers: { 'retry-after': '2' } });
    handle = () => undefined;
    expect((await get('/')).status).toBe(502);
  });

  test('an answer broken off in the middle is broken off for the client', async () => {
    handle = (request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => request.socket.destroy());
    };
    await expect(get('/')).rejects.toThrow();
  });

  test('streams both ways before either side has ended', async () => {
    handle = (request, response) => void request.pipe(response);
    const echoed = await new Promise<string>((resolve, reject) => {
      const to = { host: router.address, port: router.port, method: 'POST', headers: { host: name }, agent: false };
      const asking = ask(to, (response) => {
        response.once('data', (first: Buffer) => {
          asking.end();
          response.resume();
          resolve(first.toString());
        });
      }).on('error', reject);
      asking.write('first');
    });
    expect(echoed).toBe('first');
  });

  test('refuses headers that are too large', async () => {
    expect((await get('/', { 'x-large': 'x'.repeat(70_000) })).status).toBe(431);
  });

  test('a kept connection is kept', async () => {
    const raw = await talk(
      `GET /1 HTTP/1.1\r\nHost: ${name}\r\n\r\nGET /2 HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`,
    );
    expect(raw.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  });

  test('carries websockets, and refuses those for unknown names', async () => {
    unit.on('upgrade', (request: IncomingMessage, socket: Socket) => {
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n${String(request.headers['x-forwarded-for'])} `,
      );
      socket.pipe(socket);
    });
    const upgrade = (host: string) =>
      `GET /live HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
    const open = await talk(upgrade(name), (socket, seen) => {
      if (seen.endsWith('127.0.0.1 ')) socket.end('ping');
    });
    expect(open).toMatch(/^HTTP\/1\.1 101 .*\r\n\r\n127\.0\.0\.1 ping$/s);
    expect(await talk(upgrade('other.test'))).toMatch(/^HTTP\/1\.1 404 /);
    unit.closeAllConnections();
    await new Promise((resolve) => unit.close(resolve));
    expect(await talk(upgrade(name))).toMatch(/^HTTP\/1\.1 503 .*retry-after: 2/s);
  });

  test('closing ends open connections', async () => {
    handle = (_, response) => void response.write('for ever');
    const open = get('/');
    await expect(
      Promise.all([open, new Promise((resolve) => unit.once('request', resolve)).then(() => router.close())]),
    ).rejects.toThrow();
  });

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

describe('names and addresses', () => {
  test.each([
    ['A.Test:80', 'a.test'],
    ['a.test.', 'a.test'],
    ['', undefined],
    ['a..b', undefined],
    ['a/b', undefined],
    ['a@b', undefined],
  ])('the name in %p is %p', (host, name) => expect(hostnameOf(host)).toBe(name));

  describe('of installations on this machine', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'freehold-addresses-'));
    });
    afterEach(() => rm(folder, { recursive: true }));
    const record = (name: string) => join(folder, `${name}.json`);
    const choose = (port: number, name: string) =>
      chooseAddress(port, { claims: new Claims(join(folder, 'claims')), record: record(name) });
    const freePortOf = async (): Promise<number> => {
      const probe = await startRouter({ address: '127.0.0.2', port: 0 });
      await probe.close();
      return probe.port;
    };

    test('are not those where something has the port', async () => {
      const probe = await startRouter({ address: '127.0.0.2', port: 0 });
      const { port } = probe;
      expect(await choose(port, 'one')).toBe('127.0.0.3');
      await probe.close();
      expect(await choose(port, 'two')).toBe('127.0.0.2');
    });

    test('are different when they are chosen at once', async () => {
      const port = await freePortOf();
      const names = Array.from({ length: 12 }, (_, n) => `installation-${n}`);
      // Each looks around a little longer than the one before, so that every overlap there is occurs.
      const chosen = await Promise.all(
        names.map(async (name, n) => {
          for (let look = 0; look < n; look += 1) await readdir(folder);
          return choose(port, name);
        }),
      );
      expect(new Set(chosen).size).toBe(names.length);
    });

    test('stay theirs while they are stopped, until they are removed', async () => {
      const port = await freePortOf();
      await writeFile(record('stopped'), 'it is there');
      expect(await choose(port, 'stopped')).toBe('127.0.0.2');
      const [claim = ''] = await readdir(join(folder, 'claims'));
      const longAgo = new Date(Date.now() - 3_600_000);
      await utimes(join(folder, 'claims', claim), longAgo, longAgo);
      expect(await choose(port, 'new')).toBe('127.0.0.3');
      expect(await choose(port, 'stopped')).toBe('127.0.0.2');
      await rm(record('stopped'));
      expect(await choose(port, 'another')).toBe('127.0.0.2');
    });
  });
});
