import { eventually } from '@freehold/supervisor/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Agent, createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MatrixPerson } from './matrix-person.js';
import { agentFetch } from './router-agent.js';

/** As much of a Matrix server as a client asks before it waits for news, of which there are none. */
const ANSWERS: readonly (readonly [RegExp, object])[] = [
  [/\/versions$/, { versions: ['v1.11'] }],
  [/\/login$/, { access_token: 'token', user_id: '@ada:freehold.test', device_id: 'device' }],
  [/\/pushrules\/$/, { global: {} }],
  [/\/filter$/, { filter_id: '1' }],
  [/\/sync\?(?!.*since=)/, { next_batch: 'first' }],
];
const LONG_POLL = /\/sync\?.*since=/;

let server: Server;
let polls = 0;
beforeAll(async () => {
  server = createServer((request, response) => {
    const { url = '' } = request;
    if (LONG_POLL.test(url)) return void (polls += 1);
    const [, answer = {}] = ANSWERS.find(([path]) => path.test(url)) ?? [];
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const running = (kind: string): number => process.getActiveResourcesInfo().filter((each) => each === kind).length;

it('leaves nothing running when somebody leaves', async () => {
  const before = running('Timeout');
  const { port } = server.address() as AddressInfo;
  const fetch = agentFetch(new Agent({ keepAlive: false }));
  const person = await MatrixPerson.signIn(
    { baseUrl: `http://127.0.0.1:${port}`, fetch },
    { user: 'ada', password: 'secret' },
  );
  expect(await eventually(() => polls > 0)).toBe(true);
  person.leave();
  expect(await eventually(() => running('Timeout') <= before)).toBe(true);
});
