import { archive, ensurePackagesBucket, loadPackage, packageStore } from '@freehold/application-package';
import { bindResources, createDeployment, receiveDocuments, shredSecrets } from '@freehold/deployment-contract';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CELL, type Principal } from '@freehold/kernel';
import { OperationClient, readSigningKey, type RunningService, signPrincipal } from '@freehold/platform';
import { bootReady, contextGround } from '@freehold/platform/testing';
import { type ClaimedGround, claimGround } from '@freehold/supervisor/testing';
import { createIdentityFile, kvStore, openVault, sealFor, type Vault } from '@freehold/vault';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { deploymentService } from '../index.js';

const SECRETS = ['one', 'two', 'three', 'four', 'five', 'six'];
const UNDONE = { kind: 'refused', findings: [{ code: 'order-already-undone' }] };

describe('the documents of a bag', () => {
  let ground: ClaimedGround;
  let service: RunningService;
  let vault: Vault;
  let digest: string;
  let sealed: string;
  let process: OperationClient;
  const agents = new Map<string, OperationClient>();
  const operator = randomUUID();

  const step = { params: { operator }, principal: principalOf('process', randomUUID(), operator) };
  async function arriving(): Promise<string> {
    const [deployment, environment, lineage] = [randomUUID(), randomUUID(), randomUUID()];
    const release = { application: 'radicale', version: '3.9.0', digest, plan: 'basic' };
    const ordered = { deployment, lineage, environment, names: [], settings: {}, secretSettings: [], ...release };
    await process.call(createDeployment, { ...step, body: ordered, commandId: randomUUID() });
    await process.call(bindResources, { ...step, body: { deployment, host: 'one' }, commandId: randomUUID() });
    return deployment;
  }
  const receive = (deployment: string, host = 'one') => {
    const document = {
      ...{ format: 'freehold-deployment/v1', lineage: randomUUID(), epoch: 1, tenure: 'none', packageDigest: digest },
      ...{ application: 'radicale', version: '3.9.0', plan: 'basic', names: [], hasFirstAdministrator: true },
      settings: { userName: 'ada' },
    };
    const principal = { ...principalOf('agent', host, CELL), host };
    const body = { operator, deployment, document, secrets: sealed };
    const client = agents.get(host);
    if (client === undefined) throw new Error(`no agent of ${host}`);
    return client.call(receiveDocuments, { params: { host }, body, principal, commandId: randomUUID() });
  };
  const shred = (deployment: string) =>
    process.call(shredSecrets, { ...step, body: { deployment }, commandId: randomUUID() });
  const kept = async (deployment: string) => {
    const all = await Promise.all(SECRETS.map((name) => vault.getSecret(deployment, name)));
    return all.filter((value) => value !== undefined);
  };

  beforeAll(async () => {
    ground = await claimGround();
    const made = await contextGround(ground, ['deployment'], ['agent.one', 'agent.two']);
    const connection = await ground.connect();
    await ensurePackagesBucket(connection);
    const loaded = await loadPackage(join(import.meta.dirname, '../../../catalog/packages/radicale'));
    if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.findings));
    const packed = archive(loaded.package);
    await (await packageStore(connection)).put(packed);
    digest = packed.digest;
    const providerIdentityFile = join(ground.folder, 'provider.identity');
    const { recipient } = await createIdentityFile(providerIdentityFile);
    sealed = await sealFor(recipient, {
      secrets: Object.fromEntries(SECRETS.map((name) => [name, name])),
      settings: {},
    });
    const config = { ...made.configurationOf('deployment'), providerIdentityFile };
    service = await bootReady({ ...deploymentService, config });
    vault = await openVault({ store: await kvStore(connection), masterKeyFile: config.masterKeyFile });
    const clientOf = async (signer: 'deployment' | 'agent.one' | 'agent.two') => {
      const key = await readSigningKey(made.signingKeyFile(signer));
      return new OperationClient({ connection, sign: (principal) => signPrincipal(key, signer, principal) });
    };
    process = await clientOf('deployment');
    for (const host of ['one', 'two'] as const) agents.set(host, await clientOf(`agent.${host}`));
  }, 180_000);
  afterAll(async () => {
    await service.stop();
    await ground.release();
  });

  it('bring the secrets that travel', async () => {
    const deployment = await arriving();
    expect(await receive(deployment)).toMatchObject({ kind: 'done' });
    expect(await kept(deployment)).toHaveLength(SECRETS.length);
  });

  it('are refused when the arrival was undone meanwhile, and leave nothing', async () => {
    const deployment = await arriving();
    expect(await shred(deployment)).toMatchObject({ kind: 'done' });
    expect(await receive(deployment)).toMatchObject(UNDONE);
    expect(await kept(deployment)).toEqual([]);
  });

  it('leave nothing either when it is undone while they come', async () => {
    for (let round = 0; round < 10; round += 1) {
      const deployment = await arriving();
      const [received] = await Promise.all([receive(deployment), shred(deployment)]);
      expect(received.kind === 'done' ? UNDONE : received).toMatchObject(UNDONE);
      expect(await kept(deployment)).toEqual([]);
    }
  });

  it('are taken from the deployment’s own host only', async () => {
    const deployment = await arriving();
    expect(await receive(deployment, 'two')).toMatchObject({ kind: 'refused', reason: 'not-found' });
    expect(await kept(deployment)).toEqual([]);
  });
});

function principalOf(role: 'process' | 'agent', id: string, operator: string): Principal {
  return { actor: { kind: role, id }, role, operator };
}
