import { archive, ensurePackagesBucket, loadPackage, packageStore } from '@freehold/application-package';
import {
  bindResources,
  changeSettings,
  createDeployment,
  deploymentLogs,
  deployments,
  firstAdministrator,
  followProcess,
  movable,
  orderDeployment,
  prepareSecrets,
  reportJobOutcome,
  retireDeployment,
  retryWork,
  shredSecrets,
  suspendDeployment,
  workList,
} from '@freehold/deployment-contract';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type BodyOf, CELL, type Operation, type Principal } from '@freehold/kernel';
import {
  type CallOptions,
  type ContextConfiguration,
  OperationClient,
  readSignerKeys,
  readSigningKey,
  type RunningService,
  signPrincipal,
  verifyPrincipal,
} from '@freehold/platform';
import { bootReady, contextGround } from '@freehold/platform/testing';
import { type ClaimedGround, claimGround, eventually } from '@freehold/supervisor/testing';
import { kvStore, openVault } from '@freehold/vault';
import { Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { deploymentService } from './index.js';
import { Neighbours } from './neighbours.fixture.js';

describe('deployment, with neighbours that can be told what to answer', () => {
  let ground: ClaimedGround;
  let connection: NatsConnection;
  let config: ContextConfiguration;
  let service: RunningService;
  let neighbours: Neighbours;
  let clients: Record<'gateway' | 'deployment' | 'agent.two', OperationClient>;
  let digest: string;
  let synapse: string;

  const as = (role: Principal['role'], operator: string): Principal => ({
    actor: { kind: role === 'process' ? 'process' : 'credential', id: randomUUID() },
    role,
    operator,
  });
  const call = <Row extends Operation>(row: Row, principal: Principal, options: CallOptions<Row>) =>
    clients[principal.role === 'process' ? 'deployment' : 'gateway'].call(row, {
      principal,
      commandId: randomUUID(),
      ...options,
    });
  async function ask<Row extends Operation>(row: Row, principal: Principal, options: CallOptions<Row>) {
    const answered = await call(row, principal, options);
    if (answered.kind !== 'done') throw new Error(`${row.id}: ${JSON.stringify(answered)}`);
    return answered.reply;
  }
  const order = (operator: string) =>
    call(orderDeployment, as('owner', operator), {
      params: { operator },
      body: { application: 'radicale', name: 'kalender.freehold.test', settings: { userName: 'ada' } },
    });
  /** Undefined while nobody answers, as right after a start. */
  const statusOf = async (operator: string, process: string) => {
    const options = { params: { operator, process }, body: {} };
    const answered = await call(followProcess, as('reader', operator), options);
    return answered.kind === 'done' ? answered.reply.recorded.status : undefined;
  };
  const becomes = (status: string, operator: string, process: string) =>
    eventually(async () => (await statusOf(operator, process)) === status, { timeoutMs: 45_000 });
  async function begun(operator: string): Promise<string> {
    const answered = await order(operator);
    if (answered.kind !== 'done') throw new Error(JSON.stringify(answered));
    return answered.reply.process;
  }
  /** A deployment as a process's steps would have made it, not yet started. */
  async function ordered(operator: string, other: Partial<BodyOf<typeof createDeployment>> = {}) {
    const [deployment, environment, lineage] = [randomUUID(), randomUUID(), randomUUID()];
    const offered = { application: 'radicale', version: '3.9.0', digest, plan: 'basic', ...other };
    const body = { deployment, lineage, environment, names: [], settings: {}, secretSettings: [], ...offered };
    await ask(createDeployment, as('process', operator), { params: { operator }, body });
    return { deployment, environment };
  }
  const boot = () => bootReady({ ...deploymentService, config });

  beforeAll(async () => {
    ground = await claimGround();
    const signers = ['gateway', 'deployment', 'agent.two'] as const;
    const made = await contextGround(ground, ['deployment'], signers);
    connection = await ground.connect();
    await ensurePackagesBucket(connection);
    const publish = async (application: string): Promise<string> => {
      const loaded = await loadPackage(join(import.meta.dirname, '../../catalog/packages', application));
      if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.findings));
      const packed = archive(loaded.package);
      await (await packageStore(connection)).put(packed);
      return packed.digest;
    };
    digest = await publish('radicale');
    synapse = await publish('synapse');
    const rule = { kind: 'this-host', host: 'one' };
    neighbours = new Neighbours(connection, { version: '3.9.0', digest, size: 'small', rule });
    config = made.configurationOf('deployment');
    service = await boot();
    const clientOf = async (signer: (typeof signers)[number]) => {
      const key = await readSigningKey(made.signingKeyFile(signer));
      return new OperationClient({ connection, sign: (principal) => signPrincipal(key, signer, principal) });
    };
    const [gateway, deployment, two] = await Promise.all(signers.map(clientOf));
    if (!gateway || !deployment || !two) throw new Error('a signer is missing');
    clients = { gateway, deployment, 'agent.two': two };
  }, 180_000);
  beforeEach(() => {
    neighbours.moods.clear();
    neighbours.replies.clear();
  });
  afterAll(async () => {
    await service.stop();
    await ground.release();
  });

  it('joins the findings of everybody asked, each once', async () => {
    neighbours.moods.set('accounts.reserve-place.check', ['quota-used-up', 'operator-suspended']);
    neighbours.moods.set('provisioning.claim-names.check', ['name-taken']);
    neighbours.moods.set('provisioning.reserve-capacity.check', ['disk-too-small', 'disk-too-small']);
    const refused = await order(randomUUID());
    expect(refused.kind === 'refused' && refused.findings.map(({ code }) => code).toSorted()).toEqual([
      'disk-too-small',
      'name-taken',
      'operator-suspended',
      'quota-used-up',
    ]);
  });

  it('is refused where the host has not the programs that these settings need, with everything else', async () => {
    const operator = randomUUID();
    const rule = { kind: 'this-host', host: 'one' };
    neighbours.replies.set('catalog.resolve-offering', { version: '1.163.2', digest: synapse, size: 'small', rule });
    neighbours.moods.set('provisioning.claim-names.check', ['name-taken']);
    const orderWith = (settings: Record<string, string>) =>
      call(orderDeployment, as('owner', operator), {
        params: { operator },
        body: { application: 'synapse', name: 'chat.freehold.test', settings },
      });
    const codes = async (settings: Record<string, string>) => {
      const refused = await orderWith(settings);
      return refused.kind === 'refused' && refused.findings.map(({ pointer, code }) => `${pointer} ${code}`);
    };
    const all = await codes({ database: 'postgres' });
    expect(all).toContain('/settings/database host-program-missing');
    expect(all).toContain(' name-taken');
    expect(await codes({ database: 'sqlite' })).not.toContain('/settings/database host-program-missing');
    const has = (postgres: number) =>
      neighbours.replies.set('provisioning.host-address', {
        ...{ address: '127.0.0.2', port: 80, transferPort: null, recipient: 'age1one' },
        ...{ programs: { postgres }, closing: true },
      });
    has(12);
    expect(await codes({ database: 'postgres' })).toContain('/settings/database host-program-missing');
    has(15);
    expect(await codes({ database: 'postgres' })).not.toContain('/settings/database host-program-missing');
  });

  it('tells a move how large it is, what its host must have, and which hooks there are', async () => {
    const operator = randomUUID();
    const show = async (deployment: string) =>
      ask(movable, as('process', operator), { params: { operator }, body: { deployment } });
    const calendar = await ordered(operator);
    const unseen = await show(calendar.deployment);
    expect(unseen).toMatchObject({ sizeBytes: null, programs: [], application: 'radicale' });
    const settings = { database: 'postgres' };
    const chat = await ordered(operator, { application: 'synapse', version: '1.163.2', digest: synapse, settings });
    const seen = { at: new Date().toISOString(), generation: 1, units: [], healthy: true, activity: null };
    const usage = { memoryBytes: 1, diskBytes: 4_711 };
    const bucket = await new Kvm(connection).open('OPS');
    await bucket.put(`observation.${chat.environment}`, JSON.stringify({ ...seen, usage }));
    const shown = await show(chat.deployment);
    expect(shown).toMatchObject({ sizeBytes: 4_711, programs: [{ name: 'postgres', atLeast: 13 }] });
    expect(shown.hooks).toContain('first-admin');
    expect(shown.hooks).not.toContain('quiesce');
  });

  it('is unavailable when one of them does not answer, and nothing happened', async () => {
    neighbours.moods.set('provisioning.claim-names.check', 'silent');
    neighbours.moods.set('accounts.reserve-place.check', ['quota-used-up']);
    const before = neighbours.asked.length;
    expect(await order(randomUUID())).toMatchObject({ kind: 'failed' });
    expect(neighbours.asked.slice(before).filter((id) => id === 'accounts.reserve-place')).toEqual([]);
  }, 120_000);

  it('ends refused when the race for the name was lost, everything given back', async () => {
    const operator = randomUUID();
    neighbours.moods.set('provisioning.claim-names', ['name-taken']);
    const before = neighbours.asked.length;
    const process = await begun(operator);
    expect(await becomes('refused', operator, process)).toBe(true);
    expect(neighbours.asked.slice(before)).toEqual([
      'accounts.resolve-subscription',
      'catalog.resolve-offering',
      'accounts.reserve-place',
      'provisioning.claim-names',
      'provisioning.give-up-names',
      'accounts.free-place',
    ]);
  });

  it('shows what is stuck first, and goes on when staff ask', async () => {
    const operator = randomUUID();
    neighbours.moods.set('provisioning.claim-names', ['name-taken']);
    neighbours.moods.set('accounts.free-place', ['not-now']);
    const process = await begun(operator);
    expect(await becomes('stuck', operator, process)).toBe(true);
    const staff = as('staff-admin', CELL);
    const first = async () => (await ask(workList, staff, { params: {}, body: {} })).items[0];
    expect(await eventually(async () => (await first())?.status === 'stuck')).toBe(true);
    expect(await first()).toMatchObject({ id: process, operator, findings: [{ code: 'not-now' }] });
    neighbours.moods.clear();
    await ask(retryWork, { ...staff, operator }, { params: { operator, process }, body: {} });
    expect(await becomes('refused', operator, process)).toBe(true);
  });

  it('goes on after a restart where it was', async () => {
    const operator = randomUUID();
    neighbours.moods.set('provisioning.claim-names', ['name-taken']);
    neighbours.moods.set('provisioning.give-up-names', 'silent');
    const process = await begun(operator);
    expect(await eventually(() => neighbours.asked.includes('provisioning.give-up-names'))).toBe(true);
    neighbours.moods.delete('provisioning.give-up-names');
    await service.stop();
    service = await boot();
    expect(await becomes('refused', operator, process)).toBe(true);
  }, 180_000);

  it('follows a process: whoever has seen all waits for the next change', async () => {
    const operator = randomUUID();
    neighbours.moods.set('accounts.reserve-place', 'silent');
    const process = await begun(operator);
    const options = { params: { operator, process }, body: {} };
    const now = await ask(followProcess, as('reader', operator), options);
    const later = call(followProcess, as('reader', operator), {
      ...options,
      body: { after: now.position, wait: 1 },
    });
    expect(await later).toMatchObject({ kind: 'done', reply: { recorded: { status: 'running' } } });
    expect(await call(followProcess, as('reader', randomUUID()), options)).toMatchObject({ reason: 'not-found' });
  });

  it('makes secrets once, and never again after they were shredded', async () => {
    const operator = randomUUID();
    const { deployment } = await ordered(operator);
    const step = { params: { operator }, body: { deployment } };
    const { names } = await ask(prepareSecrets, as('process', operator), step);
    expect(names).toContain('first-admin-password');
    const vault = await openVault({ store: await kvStore(connection), masterKeyFile: config.masterKeyFile });
    const made = await vault.getSecret(deployment, 'first-admin-password');
    expect(made).toMatch(/^[\w-]{24}$/);
    expect(await ask(prepareSecrets, as('process', operator), step)).toEqual({ names });
    expect(await vault.getSecret(deployment, 'first-admin-password')).toBe(made);
    const { deployment: other } = await ordered(operator);
    const undone = { params: { operator }, body: { deployment: other } };
    await ask(shredSecrets, as('process', operator), undone);
    const late = await call(prepareSecrets, as('process', operator), undone);
    expect(late).toMatchObject({ kind: 'refused', findings: [{ code: 'order-already-undone' }] });
  });

  it('asks the agent of the host for what was written, signed, and says when it is silent', async () => {
    const operator = randomUUID();
    const { deployment, environment } = await ordered(operator);
    const logs = () =>
      call(deploymentLogs, as('owner', operator), { params: { operator, deployment }, body: { lines: 5 } });
    expect(await logs()).toMatchObject({ findings: [{ code: 'host-silent' }] });
    await ask(bindResources, as('process', operator), { params: { operator }, body: { deployment, host: 'one' } });
    expect(await logs()).toMatchObject({ findings: [{ code: 'host-silent' }] });
    const keys = await readSignerKeys(config.signerKeysFile);
    const agent = connection.subscribe('agent.one.logs', {
      callback: (_error, message) =>
        void verifyPrincipal(keys, message.headers?.get('Freehold-Principal') ?? '').then((principal) =>
          message.respond(
            JSON.stringify({ lines: [principal?.operator, JSON.stringify(message.json())], cursor: '7' }),
          ),
        ),
    });
    const answered = await logs();
    agent.unsubscribe();
    if (answered.kind !== 'done') throw new Error(JSON.stringify(answered));
    expect(answered.reply.cursor).toBe('7');
    expect(answered.reply.lines[0]).toBe(operator);
    expect(JSON.parse(answered.reply.lines[1] ?? '')).toEqual({ operator, environment, lines: 5, wait: 0 });
  });

  it('refuses what cannot be now, hides what is foreign, and believes only the deployment’s own host', async () => {
    const operator = randomUUID();
    const { deployment, environment } = await ordered(operator);
    const params = { operator, deployment };
    const notLive = { kind: 'refused', findings: [{ code: 'deployment-not-live' }] };
    const owner = as('owner', operator);
    expect(await call(changeSettings, owner, { params, body: { settings: {} } })).toMatchObject(notLive);
    expect(await call(suspendDeployment, owner, { params, body: {} })).toMatchObject(notLive);
    expect(await call(retireDeployment, owner, { params, body: {} })).toMatchObject(notLive);
    const missing = { findings: [{ code: 'first-administrator-missing' }] };
    expect(await call(firstAdministrator, owner, { params, body: {} })).toMatchObject(missing);
    const nothing = { kind: 'refused', reason: 'not-found' };
    for (const row of [suspendDeployment, retireDeployment, deployments.get]) {
      const unknown = { params: { operator, deployment: randomUUID() }, body: {} };
      expect(await call(row as Operation, owner, unknown)).toMatchObject(nothing);
      expect(await call(row as Operation, as('owner', randomUUID()), { params, body: {} })).toMatchObject(nothing);
    }
    await ask(bindResources, as('process', operator), { params: { operator }, body: { deployment, host: 'one' } });
    const work = { kind: 'run-hook', hook: 'first-admin', generation: 1 } as const;
    const job = { id: randomUUID(), operator, deployment, environment, epoch: 1, work };
    const reported = await clients['agent.two'].call(reportJobOutcome, {
      params: { host: 'two' },
      body: { job, outcome: { kind: 'succeeded' } },
      principal: { actor: { kind: 'agent', id: 'two' }, role: 'agent', operator: CELL, host: 'two' },
      commandId: randomUUID(),
    });
    expect(reported).toMatchObject(nothing);
  });
});
