/** A move that began under the old keys of both providers goes on under the new ones. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  addProviderKey,
  createProviderKey,
  describedKeys,
  fetchDescription,
  peerClient,
  type ProviderKey,
  providerKeysFrom,
  readGrantText,
  readProviderKey,
  signingKey,
  successorsOf,
} from '@freehold/peer';
import { DepartureStanding, grantMove, Offer } from '@freehold/portability-contract';
import { eventually } from '@freehold/supervisor/testing';
import { createIdentityFile } from '@freehold/vault';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Cell, startCell } from '../kit/cell.js';
import { followed, order } from '../kit/cell-orders.js';

let cell: Cell;
let server: Server;
let target: string;
let recipient: string;
const keyFile = () => join(cell.ground.folder, 'target.pem');
const keysOfTarget = () => providerKeysFrom(keyFile(), readFileSync(keyFile(), 'utf8'));

beforeAll(async () => {
  cell = await startCell();
  await createProviderKey(keyFile());
  ({ recipient } = await createIdentityFile(join(cell.ground.folder, 'target.age')));
  server = createServer((_request, response) => {
    const said = { provider: target, name: 'Target', zone: 'target.test', protocols: ['moving-v1'], recipient };
    const description = { ...said, ...describedKeys(keysOfTarget(), Date.now()) };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(description));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}, 360_000);
afterAll(async () => {
  server.close().closeAllConnections();
  await cell.close();
});

/** What the cell answers to a request that is signed with this key. */
function asked(key: ProviderKey, method: string, path: string, body: unknown, nonce: string | null = null) {
  const client = peerClient({ provider: target, key, description: { provider: cell.url }, policy: 'embedded' });
  return client.call(method, path, body, { idempotencyKey: randomUUID(), nonce });
}

it('goes on when both providers have other keys', async () => {
  const operator = await cell.registerOperator();
  const ordered = await order(operator.id, operator.owner);
  if (ordered.kind !== 'done') throw new Error('it must be ordered');
  const { deployment } = await followed(operator.id, operator.owner, ordered.reply.process);
  const granted = await operator.owner.done(grantMove, {
    params: { operator: operator.id },
    body: { deployment: deployment ?? '', to: target, hours: 1 },
  });
  const grant = readGrantText(granted.grant);
  if (Array.isArray(grant)) throw new Error('it must be a grant');
  const oldKey = await readProviderKey(keyFile());
  const bound = Offer.parse((await asked(oldKey, 'POST', '/v1/moves/inspect', { grant })).body);

  const from = Date.now() + 1_000;
  const times = { from: new Date(from), until: new Date(from + 1) };
  await addProviderKey(join(cell.ground.folder, 'provider.pem'), { provider: cell.url, ...times });
  await addProviderKey(keyFile(), { provider: target, ...times });
  expect(await eventually(() => Date.now() > from + 2_000, { timeoutMs: 30_000 })).toBe(true);
  const newKey = signingKey(keysOfTarget(), Date.now());
  const inspect = () => asked(newKey, 'POST', '/v1/moves/inspect', { grant });
  // The cell still knows the description from before the change, until it is five seconds old.
  expect(await eventually(async () => (await inspect()).status === 200, { timeoutMs: 60_000 })).toBe(true);

  const again = Offer.parse((await inspect()).body);
  expect({ nonce: again.nonce, departure: again.departure }).toEqual({
    nonce: bound.nonce,
    departure: bound.departure,
  });
  const move = `/v1/moves/${encodeURIComponent(grant.payload.move)}`;
  const sealing = await asked(newKey, 'POST', `${move}/seal`, {}, bound.nonce);
  expect(DepartureStanding.parse(sealing.body).status).toBe('sealing');
  expect(await asked(oldKey, 'GET', move, null, bound.nonce)).toMatchObject({ status: 401 });
  const abandoned = await asked(newKey, 'POST', `${move}/abandon`, {}, bound.nonce);
  expect(DepartureStanding.parse(abandoned.body).status).toMatch(/^reopen/);

  const source = await fetchDescription(cell.url, { policy: 'embedded' });
  const [now] = source.keys.map(({ kid }) => kid);
  expect(now).not.toBe(grant.kid);
  expect([...successorsOf(source, grant.kid)]).toEqual([grant.kid, now]);
}, 360_000);
