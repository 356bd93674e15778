import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { workList } from '@freehold/deployment-contract';
import { eventually } from '@freehold/supervisor/testing';
import { createServer, type Server } from 'node:http';
import { ApiClient } from './api-client.js';
import { ProblemAnswered } from './api-failures.js';

const UNAVAILABLE = { type: 'unavailable', title: 'Not at the moment', status: 503, errors: [], correlationId: '' };

let server: Server;
let asked = 0;
beforeEach(async () => {
  asked = 0;
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const PATIENCE_MS = 100;

/** Takes longer than the client's patience to say that it cannot, `times` times. */
function unavailable(times: number): ApiClient {
  server.on('request', (_request, response) => {
    asked += 1;
    const isOver = asked > times;
    const since = performance.now();
    void eventually(() => isOver || performance.now() - since > 2 * PATIENCE_MS).then(() => {
      response.writeHead(isOver ? 200 : 503, { 'content-type': 'application/json' });
      response.end(JSON.stringify(isOver ? { items: [], next: null, position: '1:9' } : UNAVAILABLE));
    });
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return new ApiClient({ address: `http://127.0.0.1:${port}`, key: 'fh_cell_x_y', patienceMs: PATIENCE_MS });
}

it('asks again what is unavailable, however long it took to say so', async () => {
  const { reply } = await unavailable(1).call(workList, { params: {}, body: {} });
  expect(reply.items).toEqual([]);
  expect(asked).toBe(2);
});

it('gives up when that lasts', async () => {
  await expect(unavailable(Infinity).call(workList, { params: {}, body: {} })).rejects.toThrow(ProblemAnswered);
  expect(asked).toBe(2);
});
