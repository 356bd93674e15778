import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Principal } from '@freehold/kernel';
import { claimGround, type ClaimedGround } from '@freehold/supervisor/testing';
import { v4 as uuidV4 } from 'uuid';
import { readSigningKey } from '../principals/key-files.js';
import { type Signer, signPrincipal } from '../principals/principal-token.js';
import { bootService, type RunningService } from '../service/boot-service.js';
import { askHealth } from '../service/health.js';
import { EchoController, EchoModule, FINDING } from '../testing/echo.controller.fixture.js';
import { beginEcho, cellEcho, changeEcho, hostEcho, showEcho } from '../testing/echo.fixture.js';
import { writeSignerKeys } from '../testing/service-keys.js';
import { OperationClient } from './operation.client.js';

const operator = '6b8d5f0e-1c1d-4b1e-9d38-6a3f0a2b7c11';
const owner: Principal = { actor: { kind: 'credential', id: 'k1' }, role: 'owner', operator };
const agent: Principal = { actor: { kind: 'agent', id: 'h1' }, role: 'agent', operator: '_', host: 'h1' };

describe('operations over NATS', () => {
  let ground: ClaimedGround;
  let service: RunningService;
  let gatewayKeyFile: string;
  const clients = new Map<Signer, OperationClient>();
  const as = (signer: Signer): OperationClient => {
    const client = clients.get(signer);
    if (client === undefined) throw new Error(`no client for ${signer}`);
    return client;
  };
  const change = (
    body: { ending: 'done' | 'refused' | 'bug' | 'outcome-unknown' | 'views-away' | 'leaky' | 'never' },
    more = {},
  ) => as('gateway').call(changeEcho, { params: { operator }, body, principal: owner, commandId: uuidV4(), ...more });

  beforeAll(async () => {
    ground = await claimGround();
    const signers = ['gateway', 'deployment', 'agent.h1', 'system'];
    const { signingKeyFile, signerKeysFile } = writeSignerKeys(ground.folder, signers);
    gatewayKeyFile = signingKeyFile('gateway');
    const connection = await ground.connect();
    for (const signer of [...signers, 'stranger']) {
      const key =
        signer === 'stranger'
          ? writeSignerKeys(`${ground.folder}/other`, [signer]).signingKeyFile(signer)
          : signingKeyFile(signer);
      const privateKey = await readSigningKey(key);
      clients.set(
        signer,
        new OperationClient({ connection, sign: (principal) => signPrincipal(privateKey, signer, principal) }),
      );
    }
    service = await bootService({
      name: 'deployment',
      module: EchoModule,
      config: {
        natsUrl: ground.natsUrl,
        natsSeedFile: ground.seedFile('admin'),
        signingKeyFile: signingKeyFile('deployment'),
        signerKeysFile,
        logLevel: 'silent',
      },
    });
  });
  afterAll(async () => {
    await service.stop();
    await ground.release();
  });

  it('answers with reply, position and etag, parsed on both sides', async () => {
    const answered = await as('gateway').call(showEcho, {
      params: { operator },
      body: { times: '3' },
      principal: owner,
    });
    expect(answered).toMatchObject({
      kind: 'done',
      position: '1:7',
      etag: 3,
      reply: { times: 3, actor: 'k1', operator },
    });
  });

  it('derives ids from the command id and the digest from the content alone', async () => {
    const commandId = uuidV4();
    const first = await change({ ending: 'done' }, { commandId, ifMatch: 4 });
    const second = await change({ ending: 'done' }, { commandId, correlation: uuidV4() });
    expect(first).toMatchObject({ kind: 'done', reply: { commandId, ifMatch: 4 } });
    if (first.kind !== 'done' || second.kind !== 'done') throw new Error('both must be done');
    expect(second.reply.id).toBe(first.reply.id);
    expect(second.reply.digest).toBe(first.reply.digest);
    expect(first.reply.digest).toContain(operator);
  });

  it('checks without running', async () => {
    const runs = EchoController.runs;
    const call = { params: { operator }, principal: owner };
    expect(await as('gateway').check(changeEcho, { ...call, body: { ending: 'done' } })).toMatchObject({
      kind: 'done',
      reply: null,
    });
    expect(await as('gateway').check(changeEcho, { ...call, body: { ending: 'refused' } })).toMatchObject({
      kind: 'refused',
      findings: [FINDING],
    });
    expect(EchoController.runs).toBe(runs);
  });

  it('refuses with all findings of params and body at once', async () => {
    const wrong: object = { ending: 'nothing', size: 11, more: 1 };
    const answered = await as('gateway').call(
      { ...changeEcho, body: showEcho.body },
      { params: { operator }, body: wrong, principal: owner, commandId: uuidV4() },
    );
    expect(answered).toMatchObject({ kind: 'refused', reason: 'invalid' });
    if (answered.kind !== 'refused') throw new Error('must be refused');
    expect(answered.findings.map(({ pointer }) => pointer).sort()).toEqual(['', '/ending', '/size']);
  });

  it('hides what is foreign and names the missing permission of what is own', async () => {
    const foreign = { ...owner, operator: uuidV4() };
    const call = { params: { operator }, body: {}, commandId: uuidV4() };
    expect(await as('gateway').call(showEcho, { ...call, principal: foreign })).toMatchObject({ reason: 'not-found' });
    const reader: Principal = { ...owner, role: 'reader' };
    const forbidden = await as('gateway').call(beginEcho, { ...call, principal: reader });
    expect(forbidden).toMatchObject({
      reason: 'forbidden',
      findings: [{ detail: expect.stringContaining('deployment:order') }],
    });
    expect(await as('gateway').call(cellEcho, { params: {}, body: {}, principal: owner })).toMatchObject({
      reason: 'forbidden',
    });
  });

  it('believes signers only what they may say', async () => {
    const call = { params: { operator }, body: {} };
    const asked = async (signer: Signer, principal: Principal) => {
      const answered = await as(signer).call(showEcho, { ...call, principal });
      return answered.kind === 'refused' ? answered.reason : answered.kind;
    };
    expect(await asked('gateway', owner)).toBe('done');
    expect(await asked('stranger', owner)).toBe('unauthorized');
    expect(await asked('deployment', owner)).toBe('unauthorized');
    expect(await asked('deployment', { ...owner, actor: { kind: 'process', id: 'p' } })).toBe('unauthorized');
    expect(await asked('deployment', { operator, actor: { kind: 'process', id: 'p' }, role: 'process' })).toBe(
      'forbidden',
    );
    expect(await asked('gateway', { operator, actor: { kind: 'process', id: 'p' }, role: 'process' })).toBe(
      'unauthorized',
    );
    expect(await asked('agent.h1', { ...agent, operator })).toBe('unauthorized');
    expect(await as('gateway').call(showEcho, call)).toMatchObject({ reason: 'unauthorized' });
  });

  it('signs anew what was on its way for longer than a signature lasts', async () => {
    const lasts = [-10, 60];
    const privateKey = await readSigningKey(gatewayKeyFile);
    const client = new OperationClient({
      connection: await ground.connect(),
      sign: (principal) => signPrincipal(privateKey, 'gateway', principal, { ttlS: lasts.shift() ?? -10 }),
    });
    const call = { params: { operator }, body: {}, principal: owner };
    expect(await client.call(showEcho, call)).toMatchObject({ kind: 'done' });
    expect(await client.call(showEcho, call)).toMatchObject({ reason: 'unauthorized' });
  });

  it('limits an agent to its host', async () => {
    const call = { body: {}, principal: agent };
    expect(await as('agent.h1').call(hostEcho, { ...call, params: { host: 'h1' } })).toMatchObject({
      reply: { host: 'h1' },
    });
    expect(await as('agent.h1').call(hostEcho, { ...call, params: { host: 'h2' } })).toMatchObject({
      reason: 'not-found',
    });
  });

  it('maps exceptions by the table and leaks nothing', async () => {
    expect(await change({ ending: 'refused' })).toMatchObject({
      kind: 'refused',
      reason: 'invalid',
      findings: [FINDING],
    });
    expect(await change({ ending: 'bug' })).toMatchObject({ kind: 'failed', reason: 'internal' });
    expect(await change({ ending: 'outcome-unknown' })).toMatchObject({ kind: 'failed', reason: 'outcome-unknown' });
    expect(await change({ ending: 'views-away' })).toMatchObject({ kind: 'failed', reason: 'unavailable' });
    for (const ending of ['bug', 'views-away', 'leaky'] as const) {
      expect(JSON.stringify(await change({ ending }))).not.toContain('secret-of-the-house');
    }
  });

  it('says that the outcome is unknown when a command is not answered, and unavailable when nobody is there', async () => {
    expect(await change({ ending: 'never' }, { timeoutMs: 200 })).toMatchObject({
      kind: 'failed',
      reason: 'outcome-unknown',
    });
    const nobody = { ...showEcho, id: 'deployment.nobody' } as const;
    expect(await as('gateway').call(nobody, { params: { operator }, body: {}, principal: owner })).toMatchObject({
      kind: 'failed',
      reason: 'unavailable',
    });
  });

  it('wants a command id for a command', async () => {
    await expect(as('gateway').call(changeEcho, { params: { operator }, body: { ending: 'done' } })).rejects.toThrow(
      'commandId',
    );
  });

  it('tells its health', async () => {
    expect(await askHealth(service.connection, 'deployment')).toMatchObject({
      status: 'up',
      details: { nats: { status: 'up' } },
    });
    expect(await askHealth(service.connection, 'nobody')).toMatchObject({ status: 'down' });
  });
});
