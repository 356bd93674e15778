import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CELL, type Operation, type Principal, type ReplyOf } from '@freehold/kernel';
import { nameId } from '@freehold/log';
import {
  type CallOptions,
  OperationClient,
  readSigningKey,
  type RunningService,
  signPrincipal,
} from '@freehold/platform';
import { bootReady, contextGround, SeenPositions } from '@freehold/platform/testing';
import {
  claimNames,
  type DesiredState,
  desireEnvironment,
  environmentConfiguration,
  environments,
  freeCapacity,
  hostAddress,
  giveUpNames,
  hosts,
  joinHost,
  lowerCapacity,
  names,
  OpenConfiguration,
  reportObservation,
  requestEnvironment,
  reserveCapacity,
  type Want,
} from '@freehold/provisioning-contract';
import { type ClaimedGround, claimGround, eventually } from '@freehold/supervisor/testing';
import {
  createIdentityFile,
  type Identity,
  kvStore,
  openSealed,
  openVault,
  placeOf,
  type Vault,
} from '@freehold/vault';
import { Kvm } from '@nats-io/kv';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { provisioningService } from './index.js';
import type { ProvisioningConfig } from './provisioning.config.js';

const HOST = 'one';
const GIBIBYTE = 2 ** 30;
const amounts = { memoryBytes: GIBIBYTE, cpuMillis: 100, diskBytes: GIBIBYTE };

describe('provisioning', () => {
  let ground: ClaimedGround;
  let config: ProvisioningConfig;
  let service: RunningService;
  let clients: Record<'deployment' | 'gateway' | 'agent.one' | 'agent.two', OperationClient>;
  let vault: Vault;
  let identity: Identity;
  const seen = new SeenPositions();

  const processOf = (operator: string): Principal => ({
    actor: { kind: 'process', id: randomUUID() },
    role: 'process',
    operator,
  });
  const owner = (operator: string): Principal => ({
    actor: { kind: 'credential', id: randomUUID() },
    role: 'owner',
    operator,
  });
  const agentOf = (host: string): Principal => ({
    actor: { kind: 'agent', id: host },
    role: 'agent',
    operator: CELL,
    host,
  });
  const staff: Principal = { actor: { kind: 'credential', id: randomUUID() }, role: 'staff-admin', operator: CELL };

  const signerOf = ({ role, host }: Principal): keyof typeof clients => {
    if (role === 'process') return 'deployment';
    return host === undefined ? 'gateway' : host === HOST ? 'agent.one' : 'agent.two';
  };
  async function call<Row extends Operation>(row: Row, principal: Principal, options: CallOptions<Row>) {
    const asked = { principal, commandId: randomUUID(), ...options, body: seen.asking(row, options.body) };
    const answered = await clients[signerOf(principal)].call(row, asked);
    if (answered.kind === 'done') seen.saw(answered.position);
    return answered;
  }
  async function ask<Row extends Operation>(
    row: Row,
    principal: Principal,
    options: CallOptions<Row>,
  ): Promise<ReplyOf<Row>> {
    const answered = await call(row, principal, options);
    if (answered.kind !== 'done') throw new Error(`${row.id}: ${JSON.stringify(answered)}`);
    return answered.reply;
  }
  const codes = (answered: { kind: string; findings?: readonly { code: string }[] }) =>
    (answered.findings ?? []).map(({ code }) => code);

  /** As the deployment context would send it. */
  async function claimOf(operator: string, name: string, deployment = randomUUID()) {
    const key = await vault.ensureKey(operator);
    const enciphered = await vault.encipher(key, placeOf(operator, 'deployment.name'), name);
    const id = /^[a-z0-9.-]+$/.test(name) ? nameId(await vault.cellKey('name'), name) : 'a'.repeat(52);
    return { deployment, name: id, purpose: 'web', enciphered };
  }
  const claim = async (operator: string, body: Awaited<ReturnType<typeof claimOf>>) =>
    claimAll(operator, body.deployment, [body]);
  const claimAll = async (operator: string, deployment: string, claims: Awaited<ReturnType<typeof claimOf>>[]) =>
    call(claimNames, processOf(operator), {
      params: { operator },
      body: { deployment, names: claims.map(({ deployment: _own, ...name }) => name) },
    });

  const configuration = {
    application: 'notes',
    version: '1.0',
    digest: 'd',
    secretSettings: [],
    secrets: [],
    names: [],
  };
  async function environmentOf(operator: string) {
    const [environment, deployment] = [randomUUID(), randomUUID()];
    const params = { operator };
    const body = { environment, deployment, host: HOST, amounts };
    await ask(requestEnvironment, processOf(operator), { params, body });
    const desire = (want: Want, revision: number, more: object = {}) =>
      ask(desireEnvironment, processOf(operator), {
        params,
        body: { environment, revision, epoch: 1, want, configuration: { ...configuration, settings: {}, ...more } },
      });
    return { operator, environment, deployment, desire };
  }
  const desiredOf = async (environment: string): Promise<DesiredState | null> => {
    const bucket = await new Kvm(await ground.connect()).open('DESIRED', { bindOnly: true });
    const entry = await bucket.get(`${HOST}.${environment}`);
    return entry?.operation === 'PUT' ? entry.json<DesiredState>() : null;
  };
  const reaches = (environment: string, generation: number) =>
    eventually(async () => (await desiredOf(environment))?.generation === generation);

  const boot = () => bootReady({ ...provisioningService, config });

  beforeAll(async () => {
    ground = await claimGround();
    const signers = ['deployment', 'gateway', 'agent.one', 'agent.two'] as const;
    const made = await contextGround(ground, ['provisioning'], signers);
    config = { ...made.configurationOf('provisioning'), zone: 'freehold.test' };
    service = await boot();
    const connection = await ground.connect();
    const clientOf = async (signer: keyof typeof clients) => {
      const key = await readSigningKey(made.signingKeyFile(signer));
      return new OperationClient({ connection, sign: (principal) => signPrincipal(key, signer, principal) });
    };
    const [deployment, gateway, one, two] = await Promise.all(signers.map(clientOf));
    if (!deployment || !gateway || !one || !two) throw new Error('a signer is missing');
    clients = { deployment, gateway, 'agent.one': one, 'agent.two': two };
    vault = await openVault({ store: await kvStore(connection), masterKeyFile: config.masterKeyFile });
    identity = await createIdentityFile(join(ground.folder, 'host.key'));
    const capacity = { memoryBytes: 2 * GIBIBYTE, cpuMillis: 1_000, diskBytes: 10 * GIBIBYTE };
    const at = { recipient: identity.recipient, address: '127.0.0.2', port: 80 };
    const body = { ...at, backends: ['process'], capacity, programs: { postgres: 15 }, closing: true };
    await ask(joinHost, agentOf(HOST), { params: { host: HOST }, body });
  }, 180_000);
  afterAll(async () => {
    await service.stop();
    await ground.release();
  });

  it('says where a host is reached and what it can do', async () => {
    const operator = randomUUID();
    const found = await ask(hostAddress, processOf(operator), { params: { operator }, body: { host: HOST } });
    const { recipient } = identity;
    expect(found).toEqual({
      ...{ address: '127.0.0.2', port: 80, transferPort: null, recipient },
      ...{ programs: { postgres: 15 }, closing: true },
    });
    const { recorded } = await ask(hosts.get, staff, { params: { host: HOST }, body: {} });
    expect(recorded).toMatchObject({ programs: { postgres: 15 }, closing: true });
  });

  it('lets a host speak for itself only, and never gives out more than it has', async () => {
    const foreign = await call(joinHost, agentOf('two'), {
      params: { host: HOST },
      body: { recipient: 'age1x', address: '', port: 1, backends: [], capacity: amounts },
    });
    expect(foreign).toMatchObject({ kind: 'refused', reason: 'not-found' });
    const operator = randomUUID();
    const rule = { kind: 'this-host', host: HOST } as const;
    const wanted = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    const reserve = (environment: string) =>
      call(reserveCapacity, processOf(operator), { params: { operator }, body: { environment, rule, amounts } });
    const outcomes = await Promise.all(wanted.map((environment) => reserve(environment)));
    expect(outcomes.filter(({ kind }) => kind === 'done')).toHaveLength(2);
    expect(outcomes.flatMap(codes)).toEqual(['memory-too-small', 'memory-too-small']);
    const check = await clients.deployment.check(reserveCapacity, {
      params: { operator },
      body: { environment: randomUUID(), rule, amounts: { ...amounts, diskBytes: 2 ** 45 } },
      principal: processOf(operator),
    });
    expect(codes(check).toSorted()).toEqual(['disk-too-small', 'memory-too-small']);
    const stopped = wanted[outcomes.findIndex(({ kind }) => kind === 'done')] ?? '';
    const late = wanted[outcomes.findIndex(({ kind }) => kind === 'refused')] ?? '';
    await ask(lowerCapacity, processOf(operator), { params: { operator }, body: { environment: stopped, rule } });
    expect(await reserve(late)).toMatchObject({ kind: 'done' });
    expect(codes(await reserve(stopped))).toEqual(['memory-too-small']);
    const keeping = await ask(hosts.get, staff, { params: { host: HOST }, body: {} });
    const { memoryBytes, diskBytes } = amounts;
    expect(keeping.recorded.reserved).toMatchObject({ memoryBytes: 2 * memoryBytes, diskBytes: 3 * diskBytes });
    for (const environment of wanted) {
      await ask(freeCapacity, processOf(operator), { params: { operator }, body: { environment, rule } });
    }
    const shown = await ask(hosts.get, staff, { params: { host: HOST }, body: {} });
    expect(shown.recorded).toMatchObject({ environments: [], reserved: { memoryBytes: 0 } });
    expect(await reserve(wanted[0] ?? '')).toMatchObject({ findings: [{ code: 'capacity-already-freed' }] });
  });

  it('gives a name to the first of two who claim it, each time', async () => {
    for (let round = 0; round < 20; round += 1) {
      const operators = [randomUUID(), randomUUID()];
      const claims = await Promise.all(operators.map((operator) => claimOf(operator, `r${round}.freehold.test`)));
      const outcomes = await Promise.all(
        operators.map(async (operator, index) => {
          const body = claims[index];
          if (body === undefined) throw new Error('a claim is missing');
          return claim(operator, body);
        }),
      );
      expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['done', 'refused']);
      expect(outcomes.flatMap(codes)).toEqual(['name-taken']);
    }
  });

  it('judges a name before anything else', async () => {
    const operator = randomUUID();
    expect(codes(await claim(operator, await claimOf(operator, 'chat.example')))).toEqual(['name-outside-zone']);
    expect(codes(await claim(operator, await claimOf(operator, 'no name')))).toEqual([
      'name-invalid',
      'name-outside-zone',
    ]);
    const body = { ...(await claimOf(operator, 'mine.freehold.test')), name: 'b'.repeat(52) };
    expect(codes(await claim(operator, body))).toEqual(['name-invalid']);
  });

  it('claims several names of a deployment, says of each what speaks against it, and lets all of them go', async () => {
    const [operator, other, deployment] = [randomUUID(), randomUUID(), randomUUID()];
    const taken = await claimOf(other, 'besetzt.freehold.test');
    await claim(other, taken);
    const named = async (name: string, purpose: string) => ({
      ...(await claimOf(operator, name, deployment)),
      purpose,
    });
    const free = await named('frei.freehold.test', 'web');
    const second = await named('besetzt.freehold.test', 'server name');
    const third = await named('besetzt.freehold.test', 'a/b');
    const both = [free, second, third];
    expect(await claimAll(operator, deployment, both)).toMatchObject({
      findings: [
        { pointer: '/names/server name', code: 'name-taken' },
        { pointer: '/names/a~1b', code: 'name-taken' },
      ],
    });
    const outside = [await named('chat.example', 'web'), free, await named('no name', 'server name')];
    const invalid = await claimAll(operator, deployment, outside);
    expect(codes(invalid)).toEqual(['name-outside-zone', 'name-invalid', 'name-outside-zone']);
    const body = { deployment, names: both.map(({ name }) => name) };
    await ask(giveUpNames, processOf(operator), { params: { operator }, body });
    expect(codes(await claimAll(operator, deployment, [free]))).toEqual(['claim-already-given-up']);
    expect((await claim(other, await claimOf(other, 'frei.freehold.test'))).kind).toBe('done');
    expect((await claim(other, taken)).kind).toBe('done');
  });

  it('shows a name to its holder only, and nobody who had it before', async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    const before = await claimOf(first, 'wandert.freehold.test');
    await claim(first, before);
    await ask(giveUpNames, processOf(first), {
      params: { operator: first },
      body: { deployment: before.deployment, names: [before.name] },
    });
    const taken = await claim(second, await claimOf(second, 'wandert.freehold.test'));
    if (taken.kind !== 'done') throw new Error(JSON.stringify(taken));
    const params = (operator: string) => ({
      params: { operator, name: before.name },
      body: {},
    });
    const shown = await ask(names.get, owner(second), params(second));
    expect(shown.recorded).toMatchObject({ name: 'wandert.freehold.test', status: 'claimed', operator: second });
    expect(await call(names.get, owner(first), params(first))).toMatchObject({ reason: 'not-found' });
    const listed = await ask(names.list, owner(first), { params: { operator: first }, body: {} });
    expect(listed.items).toEqual([]);
    const past = await ask(names.list, owner(first), {
      params: { operator: first },
      body: { at: taken.position ?? undefined },
    });
    expect(past.items).toEqual([]);
    const history = await ask(names.history, owner(second), {
      params: { operator: second, name: before.name },
      body: {},
    });
    expect(history.items).toHaveLength(1);
    expect(JSON.stringify(history)).not.toContain(first);
    const changes = (operator: string) =>
      ask(names.changes, owner(operator), {
        params: { operator, name: before.name },
        body: { from: '1:0', to: taken.position ?? undefined },
      });
    const [lost, won] = [await changes(first), await changes(second)];
    expect(won).toMatchObject({ was: null, is: { recorded: { operator: second } }, commits: history.items });
    expect(JSON.stringify(won)).not.toContain(first);
    expect(lost).toMatchObject({ was: null, is: null, patch: [] });
    expect(JSON.stringify(lost)).not.toContain(second);
  });

  it('writes what is desired, seals it for the host, and believes what the host says', async () => {
    const { operator, environment, deployment, desire } = await environmentOf(randomUUID());
    await vault.ensureKey(operator);
    await vault.putSecret(deployment, 'key', 'top');
    await vault.putSecret(deployment, 'setting-1', 'token of old');
    const settings = {
      motto: 'hi',
      token: { $secret: 'setting-1' },
      contact: await vault.encipher(operator, placeOf(operator, 'setting.contact'), 'ada@example.org'),
    };
    const more = { secrets: ['key'], settings, secretSettings: ['token'] };
    expect(await desire('running', 1, more)).toEqual({ generation: 1 });
    expect(await reaches(environment, 1)).toBe(true);
    expect(JSON.stringify(await desiredOf(environment))).not.toContain('enciphered');
    const configured = (generation: number, host = HOST) =>
      call(environmentConfiguration, agentOf(host), { params: { host }, body: { operator, environment, generation } });
    const answered = await configured(1);
    if (answered.kind !== 'done') throw new Error(JSON.stringify(answered));
    expect(OpenConfiguration.parse(await openSealed(identity.identity, answered.reply.sealed))).toMatchObject({
      configuration: { settings: { motto: 'hi', token: 'token of old', contact: 'ada@example.org' } },
      secrets: { key: 'top', token: 'token of old' },
    });
    expect(codes(await configured(2))).toEqual(['environment-unknown']);
    expect(codes(await configured(1, 'two'))).toEqual(['environment-unknown']);
    await desire('running', 2, { secrets: ['key', 'gone'] });
    expect(codes(await configured(1))).toEqual(['generation-passed']);
    expect(codes(await configured(2))).toEqual(['secrets-missing']);

    const report = {
      kind: 'observed',
      operator,
      environment,
      generation: 2,
      state: 'running',
      identity: { server: 'chat.freehold.test' },
    } as const;
    const foreign = await call(reportObservation, agentOf('two'), { params: { host: 'two' }, body: report });
    expect(codes(foreign)).toEqual(['host-differs']);
    await ask(reportObservation, agentOf(HOST), { params: { host: HOST }, body: report });
    const shown = await ask(environments.get, owner(operator), { params: { operator, environment }, body: {} });
    const { identity: seen } = report;
    expect(shown.recorded).toMatchObject({ observedGeneration: 2, state: 'running', identity: seen });
    const stored = await (
      await ground.connect()
    ).request(
      '$JS.API.STREAM.MSG.GET.LOG_1',
      JSON.stringify({ last_by_subj: `log.*.provisioning.${operator}.environment.${environment}` }),
    );
    const { message } = stored.json<{ message: { data: string } }>();
    const commit = Buffer.from(message.data, 'base64').toString();
    expect(commit).toContain(`${operator}/environment.identity`);
    expect(commit).not.toContain('chat.freehold.test');
  });

  it('forgets what is gone', async () => {
    const { operator, environment, desire } = await environmentOf(randomUUID());
    await desire('absent', 1);
    expect(await reaches(environment, 1)).toBe(true);
    const body = { kind: 'observed', operator, environment, generation: 1, state: 'absent', identity: null } as const;
    await ask(reportObservation, agentOf(HOST), { params: { host: HOST }, body });
    expect(await eventually(async () => (await desiredOf(environment)) === null)).toBe(true);
  });

  it('writes everything again when the bucket was lost', async () => {
    const { environment, desire } = await environmentOf(randomUUID());
    await desire('running', 1);
    await desire('stopped', 2);
    expect(await reaches(environment, 2)).toBe(true);
    await service.stop();
    const connection = await ground.connect();
    await connection.request('$JS.API.STREAM.DELETE.KV_DESIRED');
    service = await boot();
    expect(await eventually(async () => (await desiredOf(environment).catch(() => null))?.generation === 2)).toBe(true);
  }, 120_000);
});
