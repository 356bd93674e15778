import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { eventually } from '@freehold/supervisor/testing';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { CONNECTIONS, SourceConnections } from './source-connections.js';

const SIZE_BYTES = 1024 * 1024;

let server: Server;
let connections: SourceConnections;
beforeEach(async () => {
  server = createServer(({ url = '' }, response) => response.end(contentOf(url.slice(1))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  connections = new SourceConnections(5_000);
});
afterEach(async () => {
  connections.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const contentOf = (name: string) => Buffer.alloc(SIZE_BYTES, name);

async function ask(name: string) {
  const { port } = server.address() as AddressInfo;
  const response = await connections.get({ url: `http://127.0.0.1:${port}/${name}`, token: 'a-token', offset: 0 });
  if (response === null) throw new Error('nothing came');
  return response;
}

it('keeps what nobody has read yet, while other connections read into the same memory', async () => {
  const names = Array.from({ length: CONNECTIONS }, (_, index) => String(index));
  const responses = await Promise.all(names.map(ask));
  expect(await eventually(() => responses.every(({ readableLength }) => readableLength > 0))).toBe(true);
  for (const [index, response] of responses.entries()) {
    expect((await buffer(response)).equals(contentOf(String(index)))).toBe(true);
  }
});

it('keeps a connection for what is asked next', async () => {
  const ports = [];
  for (const name of ['a', 'b']) {
    const response = await ask(name);
    ports.push(response.socket.localPort);
    await buffer(response);
  }
  expect(ports[1]).toBe(ports[0]);
});
