import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CELL, type Operation, type Principal } from '@freehold/kernel';
import { nameId } from '@freehold/log';
import {
  type CallOptions,
  OperationClient,
  readSigningKey,
  type RunningService,
  signPrincipal,
} from '@freehold/platform';
import { bootReady, contextGround } from '@freehold/platform/testing';
import {
  attachNames,
  claimNames,
  delegateNames,
  giveUpNames,
  joinHost,
  names,
  PublishedName,
  publishedNameKey,
  PublishedZone,
  publishedZoneKey,
  reclaimNames,
  redirectName,
  requestEnvironment,
  ZONES_BUCKET,
} from '@freehold/provisioning-contract';
import { type ClaimedGround, claimGround, eventually } from '@freehold/supervisor/testing';
import { kvStore, openVault, placeOf, type Vault } from '@freehold/vault';
import { Kvm } from '@nats-io/kv';
import { randomUUID } from 'node:crypto';
import { provisioningService } from './index.js';
import type { ProvisioningConfig } from './provisioning.config.js';

const HOST = 'one';
const ZONE = 'freehold.test';
const amounts = { memoryBytes: 2 ** 30, cpuMillis: 100, diskBytes: 2 ** 30 };

describe('what name servers answer', () => {
  let ground: ClaimedGround;
  let config: ProvisioningConfig;
  let service: RunningService;
  let clients: Record<'deployment' | 'agent' | 'gateway', OperationClient>;
  let vault: Vault;
  const boot = () => bootReady({ ...provisioningService, config });

  /** Of a process of the operator, or of the host's agent. */
  async function tell<Row extends Operation>(row: Row, operator: string, options: CallOptions<Row>) {
    const principal: Principal =
      operator === CELL
        ? { actor: { kind: 'agent', id: HOST }, role: 'agent', operator: CELL, host: HOST }
        : { actor: { kind: 'process', id: randomUUID() }, role: 'process', operator };
    const client = operator === CELL ? clients.agent : clients.deployment;
    return client.call(row, { principal, commandId: randomUUID(), ...options });
  }
  async function ask<Row extends Operation>(row: Row, operator: string, options: CallOptions<Row>): Promise<void> {
    const answered = await tell(row, operator, options);
    if (answered.kind !== 'done') throw new Error(`${row.id}: ${JSON.stringify(answered)}`);
  }
  const join = (address: string, dnsPort?: number) =>
    ask(joinHost, CELL, {
      params: { host: HOST },
      body: {
        ...{ recipient: 'age1x', address, port: 80, backends: ['process'] },
        ...(dnsPort === undefined ? {} : { dnsPort }),
        capacity: { memoryBytes: 2 ** 40, cpuMillis: 100_000, diskBytes: 2 ** 40 },
      },
    });

  /** A deployment that holds the name. */
  async function claimed(text: string, more: { via?: string } = {}) {
    const [operator, deployment, environment] = [randomUUID(), randomUUID(), randomUUID()];
    const params = { operator };
    const key = await vault.ensureKey(operator);
    const enciphered = await vault.encipher(key, placeOf(operator, 'deployment.name'), text);
    const name = nameId(await vault.cellKey('name'), text);
    await ask(requestEnvironment, operator, { params, body: { environment, deployment, host: HOST, amounts } });
    const names = [{ name, purpose: 'web', enciphered, ...more }];
    await ask(claimNames, operator, { params, body: { deployment, names } });
    return { operator, params, name, held: { deployment, names: [name] }, environment };
  }
  async function attached(text: string, more: { via?: string } = {}) {
    const made = await claimed(text, more);
    const { operator, params, held, environment } = made;
    await ask(attachNames, operator, { params, body: { ...held, environment } });
    return made;
  }
  const entry = async (key: string): Promise<unknown> => {
    const bucket = await new Kvm(await ground.connect()).open(ZONES_BUCKET, { bindOnly: true }).catch(() => null);
    const found = await bucket?.get(key).catch(() => null);
    return found?.operation === 'PUT' ? found.json() : null;
  };
  const addresses = async (id: string) =>
    PublishedName.nullable()
      .parse(await entry(publishedNameKey(id)))
      ?.records.map(({ data }) => data) ?? [];
  const leadsTo = (id: string, ...wanted: string[]) =>
    eventually(async () => JSON.stringify(await addresses(id)) === JSON.stringify(wanted));
  const zone = async () => PublishedZone.nullable().parse(await entry(publishedZoneKey(ZONE)));

  beforeAll(async () => {
    ground = await claimGround();
    const signers = ['deployment', `agent.${HOST}`, 'gateway'] as const;
    const made = await contextGround(ground, ['provisioning'], signers);
    config = { ...made.configurationOf('provisioning'), zone: ZONE };
    service = await boot();
    const connection = await ground.connect();
    const [deployment, agent, gateway] = await Promise.all(
      signers.map(async (signer) => {
        const key = await readSigningKey(made.signingKeyFile(signer));
        return new OperationClient({ connection, sign: (principal) => signPrincipal(key, signer, principal) });
      }),
    );
    if (!deployment || !agent || !gateway) throw new Error('a signer is missing');
    clients = { deployment, agent, gateway };
    vault = await openVault({ store: await kvStore(connection), masterKeyFile: config.masterKeyFile });
    await join('127.0.0.2', 5353);
  }, 180_000);
  afterAll(async () => {
    await service.stop();
    await ground.release();
  });

  it('a name once it leads to an environment, and no longer when it is given up', async () => {
    const { operator, params, name, held } = await attached('chat.freehold.test');
    expect(await leadsTo(name, '127.0.0.2')).toBe(true);
    let serial = 0; // an entry that is replaced is gone for a moment
    expect(await eventually(async () => (serial = (await zone())?.serial ?? 0) > 0)).toBe(true);
    await ask(giveUpNames, operator, { params, body: held });
    expect(await leadsTo(name)).toBe(true);
    expect(await eventually(async () => ((await zone())?.serial ?? 0) > serial)).toBe(true);
  });

  it('the holder’s address once the deployment left, wherever it goes from there, until it comes back', async () => {
    const { operator, params, name, held, environment } = await attached('away.freehold.test');
    expect(await leadsTo(name, '127.0.0.2')).toBe(true);
    const there = { to: 'https://cloud.example', address: '192.0.2.7', port: 443 };
    await ask(delegateNames, operator, { params, body: { ...held, ...there } });
    expect(await leadsTo(name, '192.0.2.7')).toBe(true);
    const shown = async () => {
      const principal: Principal = { actor: { kind: 'credential', id: randomUUID() }, role: 'owner', operator };
      const asked = { params: { operator, name }, body: {}, principal };
      const answered = await clients.gateway.call(names.get, asked);
      return answered.kind === 'done' ? answered.reply.recorded : null;
    };
    expect(await eventually(async () => (await shown())?.status === 'delegated-away')).toBe(true);
    expect(await shown()).toMatchObject({ delegatedTo: there, via: null });

    const onward = { name, to: 'https://other.example', address: '2001:db8::9', port: 443 };
    const foreign = await tell(redirectName, operator, {
      params: {},
      body: { ...onward, by: 'https://other.example' },
    });
    expect(foreign).toMatchObject({ findings: [{ code: 'name-held-by-another' }] });
    await ask(redirectName, operator, { params: {}, body: { ...onward, by: there.to } });
    expect(await leadsTo(name, '2001:db8::9')).toBe(true);

    const back = { names: [name], deployment: randomUUID() };
    expect(
      await clients.deployment.check(reclaimNames, {
        params,
        body: back,
        principal: { actor: { kind: 'process', id: randomUUID() }, role: 'process', operator },
      }),
    ).toMatchObject({ kind: 'done' });
    await ask(reclaimNames, operator, { params, body: { ...back, environment } });
    expect(await leadsTo(name, '127.0.0.2')).toBe(true);
  });

  it('nothing for a name of another provider’s zone, which is attached like any other', async () => {
    const { name } = await attached('chat.cloud.example', { via: 'https://cloud.example' });
    const { name: later } = await attached('later.freehold.test');
    expect(await leadsTo(later, '127.0.0.2')).toBe(true);
    expect(await entry(publishedNameKey(name))).toBeNull();
  });

  it('the new address of a host, for all its names, and where its name server is', async () => {
    const { name } = await attached('moved.freehold.test');
    expect(await leadsTo(name, '127.0.0.2')).toBe(true);
    expect(await eventually(async () => (await zone()) !== null)).toBe(true);
    expect((await zone())?.nameServers).toEqual([{ name: 'one.ns.freehold.test', address: '127.0.0.2' }]);
    await join('127.0.0.3', 5353);
    expect(await leadsTo(name, '127.0.0.3')).toBe(true);
    expect(await eventually(async () => (await zone())?.nameServers[0]?.address === '127.0.0.3')).toBe(true);
    await join('127.0.0.2');
    expect(await eventually(async () => (await zone())?.nameServers.length === 0)).toBe(true);
    await join('127.0.0.2', 5353);
    expect(await leadsTo(name, '127.0.0.2')).toBe(true);
  });

  it('the same as before, when the bucket was lost or entries of it were spoilt', async () => {
    const first = await attached('first.freehold.test');
    const second = await attached('second.freehold.test');
    expect(await leadsTo(second.name, '127.0.0.2')).toBe(true);
    await service.stop();
    const bucket = await new Kvm(await ground.connect()).open(ZONES_BUCKET, { bindOnly: true });
    await bucket.put(publishedNameKey(first.name), JSON.stringify({ name: 'x', ttlS: 1, records: [] }));
    await bucket.delete(publishedNameKey(second.name));
    await bucket.put(publishedZoneKey('old.example'), JSON.stringify({ zone: 'old.example' }));
    service = await boot();
    expect(await leadsTo(first.name, '127.0.0.2')).toBe(true);
    expect(await leadsTo(second.name, '127.0.0.2')).toBe(true);
    expect(await eventually(async () => (await entry(publishedZoneKey('old.example'))) === null)).toBe(true);

    await service.stop();
    await (await ground.connect()).request(`$JS.API.STREAM.DELETE.KV_${ZONES_BUCKET}`);
    service = await boot();
    expect(await leadsTo(first.name, '127.0.0.2')).toBe(true);
    expect(await leadsTo(second.name, '127.0.0.2')).toBe(true);
    expect(await eventually(async () => (await zone())?.nameServers.length === 1)).toBe(true);
  }, 120_000);
});
