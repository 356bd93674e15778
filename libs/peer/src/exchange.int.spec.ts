import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExchangeLimits } from './exchange.js';
import { fetchJson } from './fetch-json.js';
import type { Resolve } from './guarded-lookup.js';
import { PeerFailure } from './peer-failure.js';

const limits: ExchangeLimits = { policy: 'embedded', timeoutMs: 2_000, limitBytes: 1_000 };
/** A name server that says something else each time: the last one for ever. */
const saying = (...answers: string[][]): Resolve => {
  let asked = 0;
  return (_hostname, answered) => {
    const addresses = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    answered(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
};

describe('an exchange with an address that somebody named', () => {
  let server: Server;
  let port: number;
  let connections = 0;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;

  const json =
    (body: string, headers = {}) =>
    (_request: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200, { 'Content-Type': 'application/json', ...headers }).end(body);
    };
  const code = (url: string, more: Partial<ExchangeLimits> = {}) =>
    fetchJson(url, { ...limits, ...more }).then(
      () => 'answered',
      (error: unknown) => (error instanceof PeerFailure ? error.code : String(error)),
    );

  beforeAll(async () => {
    server = createServer((request, response) => answer(request, response));
    server.on('connection', () => (connections += 1));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  beforeEach(() => {
    connections = 0;
    answer = json('{"a":1}');
  });

  it('answers JSON, of loopback to an embedded installation', async () => {
    expect(await fetchJson(`http://127.0.0.1:${port}/x`, limits)).toEqual({ a: 1 });
    expect(await fetchJson(`http://some.name:${port}/x`, { ...limits, resolve: saying(['127.0.0.1']) })).toEqual({
      a: 1,
    });
  });

  it('never connects to what the policy refuses', async () => {
    for (const host of [
      '127.0.0.1',
      '2130706433',
      '0x7f000001',
      'localhost',
      '[::ffff:127.0.0.1]',
      '0.0.0.0',
      '[::]',
    ]) {
      expect({ host, code: await code(`http://${host}:${port}/`, { policy: 'public' }) }).toEqual({
        host,
        code: 'refused-address',
      });
    }
    for (const host of ['[::ffff:127.0.0.1]', '0.0.0.0', '[::]', '10.0.0.1', '169.254.169.254', '100.64.0.1']) {
      expect({ host, code: await code(`http://${host}:${port}/`) }).toEqual({ host, code: 'refused-address' });
    }
    expect(connections).toBe(0);
  });

  it('judges the address that it connects to, not one from before', async () => {
    const rebinding = saying(['93.184.216.34'], ['127.0.0.1']);
    await code(`https://rebinding.example:8443/`, { policy: 'public', resolve: saying(['127.0.0.1']) });
    const first = await code(`http://rebinding.example:${port}/`, { policy: 'public', resolve: rebinding });
    const second = await code(`http://rebinding.example:${port}/`, { policy: 'public', resolve: rebinding });
    expect([first, second, connections]).toEqual(['refused-address', 'refused-address', 0]);
  });

  it('refuses a name that has one forbidden address among its addresses, or none', async () => {
    for (const addresses of [['127.0.0.1', '10.0.0.1'], ['127.0.0.1', '::ffff:127.0.0.1'], ['0.0.0.0']]) {
      expect(await code(`http://mixed.example:${port}/`, { resolve: saying(addresses) })).toBe('refused-address');
    }
    expect(await code(`http://none.example:${port}/`, { resolve: saying([]) })).toBe('unreachable');
    expect(connections).toBe(0);
  });

  it('speaks http and https only, and to nobody with a user in the address', async () => {
    for (const url of ['file:///etc/passwd', 'ftp://127.0.0.1/', 'x', `http://a:b@127.0.0.1:${port}/`]) {
      expect(await code(url)).toBe('refused-address');
    }
    expect(connections).toBe(0);
  });

  it('follows no redirect, and takes no encoded body', async () => {
    const asked: unknown[] = [];
    answer = (request, response) => {
      asked.push(request.url, request.headers['accept-encoding']);
      response.writeHead(302, { Location: `http://127.0.0.1:${port}/elsewhere` }).end();
    };
    expect(await code(`http://127.0.0.1:${port}/here`)).toBe('refused');
    expect(asked).toEqual(['/here', 'identity']);
    answer = json('{}', { 'Content-Encoding': 'gzip' });
    expect(await code(`http://127.0.0.1:${port}/`)).toBe('refused');
  });

  it('stops at its bounds of size and time', async () => {
    answer = json(JSON.stringify('x'.repeat(2_000)));
    expect(await code(`http://127.0.0.1:${port}/`)).toBe('too-large');
    answer = (_request, response) => void response.writeHead(200, { 'Content-Type': 'application/json' }).write('{');
    expect(await code(`http://127.0.0.1:${port}/`, { timeoutMs: 200 })).toBe('timed-out');
    answer = () => undefined;
    expect(await code(`http://127.0.0.1:${port}/`, { timeoutMs: 200 })).toBe('timed-out');
    expect(await code(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(200) })).toBe('timed-out');
    const never: Resolve = () => undefined;
    expect(await code(`http://slow.example:${port}/`, { timeoutMs: 200, resolve: never })).toBe('timed-out');
  });

  it('tells apart what is no JSON, what is refused, and who is away', async () => {
    answer = json('{"a":');
    expect(await code(`http://127.0.0.1:${port}/`)).toBe('not-a-provider');
    answer = json('<html>', { 'Content-Type': 'text/html' });
    expect(await code(`http://127.0.0.1:${port}/`)).toBe('not-a-provider');
    answer = (_request, response) => void response.writeHead(404).end();
    expect(await code(`http://127.0.0.1:${port}/`)).toBe('refused');
    answer = (request) => void request.socket.destroy();
    expect(await code(`http://127.0.0.1:${port}/`)).toBe('unreachable');
  });

  it('says whether it is the name that leads nowhere', async () => {
    const unknown: Resolve = (_hostname, answered) =>
      answered(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }), []);
    const failure = await fetchJson('https://nobody.example/', { ...limits, resolve: unknown }).catch((error) => error);
    expect(failure).toMatchObject({ code: 'name-unknown', peer: 'https://nobody.example' });
    expect(failure).toMatchObject({ message: expect.stringContaining('does not resolve'), cause: expect.any(Error) });
  });

  it('ends when whoever asked stops waiting', async () => {
    const controller = new AbortController();
    answer = () => controller.abort(new Error('nobody waits'));
    await expect(
      fetchJson(`http://127.0.0.1:${port}/`, { ...limits, signal: controller.signal }),
    ).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});
