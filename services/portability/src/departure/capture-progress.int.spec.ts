import { movable } from '@freehold/deployment-contract';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { operationSubject } from '@freehold/kernel';
import { Observations, OperationClient, readSigningKey, signPrincipal } from '@freehold/platform';
import { contextGround } from '@freehold/platform/testing';
import { UnitObservation } from '@freehold/provisioning-contract';
import { type ClaimedGround, claimGround } from '@freehold/supervisor/testing';
import { Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { CaptureProgress } from './capture-progress.js';

const sealing = { operator: randomUUID(), departure: randomUUID(), deployment: randomUUID() };
const environment = randomUUID();

describe('whether a capture gets on', () => {
  let ground: ClaimedGround;
  let connection: NatsConnection;
  let client: OperationClient;

  const hostSays = async (activity: string | null) => {
    const seen = { at: new Date().toISOString(), generation: 2, units: [], healthy: false, activity, usage: null };
    await (await new Kvm(connection).open('OPS')).put(`observation.${environment}`, JSON.stringify(seen));
  };
  const progress = () => new CaptureProgress(client, new Observations(connection, UnitObservation));

  beforeAll(async () => {
    ground = await claimGround();
    const { signingKeyFile } = await contextGround(ground, ['portability']);
    connection = await ground.connect();
    const key = await readSigningKey(signingKeyFile('portability'));
    client = new OperationClient({ connection, sign: (principal) => signPrincipal(key, 'portability', principal) });
    const { operator: _operator, departure: _departure, deployment } = sealing;
    const shown = {
      ...{ deployment, lineage: randomUUID(), application: 'radicale', version: '3.9.0', digest: 'd', plan: 'basic' },
      ...{ status: 'sealed', environment, host: 'one', epoch: 1, names: [], identity: null, sizeBytes: null },
      ...{ programs: [], hooks: [] },
    };
    connection.subscribe(operationSubject(movable), {
      callback: (_error, message) =>
        void message.respond(
          JSON.stringify({ kind: 'done', reply: shown, position: null, etag: null, location: null }),
        ),
    });
  }, 180_000);
  afterAll(() => ground.release());

  it('is what its host says of its work, when that changes', async () => {
    const captures = progress();
    const getsOn = async () => (await captures.look([sealing])).has(sealing.departure);
    expect(await getsOn()).toBe(false);
    await hostSays(null);
    expect(await getsOn()).toBe(false);
    await hostSays('captures: media, 12 files, 3 MB');
    expect(await getsOn()).toBe(true);
    expect(await getsOn()).toBe(false);
    await hostSays('captures: media, 13 files, 4 MB');
    expect(await getsOn()).toBe(true);
    await hostSays(null);
    expect(await getsOn()).toBe(false);
  });

  it('is remembered from one look to the next only', async () => {
    await hostSays('captures: media, 13 files, 4 MB');
    const captures = progress();
    expect(await captures.look([sealing])).toEqual(new Set([sealing.departure]));
    expect(await captures.look([])).toEqual(new Set());
    expect(await captures.look([sealing])).toEqual(new Set([sealing.departure]));
  });
});
