import { issueCellKey } from '@freehold/accounts-contract';
import { ensureEvidence } from '@freehold/audit';
import { archive, ensurePackagesBucket, loadPackage, packageStore, versions } from '@freehold/application-package';
import { definePlan, openOffering, publishRelease, setPolicy } from '@freehold/catalog-contract';
import type { Operation, Principal, ReplyOf, Role } from '@freehold/kernel';
import type { CallOptions, OperationClient } from '@freehold/platform';
import { type Amounts, joinHost } from '@freehold/provisioning-contract';
import { jetstreamManager, RetentionPolicy } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HOST } from './cell-services.js';

export const SYSTEM: Principal = { actor: { kind: 'system', id: 'up' }, role: 'system', operator: '_' };
const PLANS = ['small', 'medium', 'large'] as const;
const POLICY = 'this-host';
const PACKAGES = fileURLToPath(new URL('../packages/', import.meta.resolve('@freehold/catalog')));

/** The buckets and the queue beside log, vault and OPS. */
export async function makeStores(admin: NatsConnection): Promise<void> {
  await ensurePackagesBucket(admin);
  await ensureEvidence(admin);
  await new Kvm(admin).create('DESIRED', { history: 1 });
  const manager = await jetstreamManager(admin);
  await manager.streams.add({ name: 'JOBS', subjects: ['job.>'], retention: RetentionPolicy.Workqueue });
}

/** Asks as the installation itself. @throws when it is not done */
export async function command<Row extends Operation>(
  system: OperationClient,
  row: Row,
  input: Pick<CallOptions<Row>, 'params' | 'body'>,
): Promise<ReplyOf<Row>> {
  const answered = await system.call(row, { ...input, principal: SYSTEM, commandId: randomUUID() });
  if (answered.kind === 'done') return answered.reply;
  throw new Error(`${row.id} is not done: ${JSON.stringify(answered)}`);
}

/** What a new cell has to offer, as `up` seeds it: releases, plans, offerings, and the policy of the one host. */
export async function seedCatalogue(admin: NatsConnection, system: OperationClient, host: string): Promise<void> {
  const store = await packageStore(admin);
  await command(system, setPolicy, { params: { policy: POLICY }, body: { rule: { kind: 'this-host', host } } });
  for (const plan of PLANS) await command(system, definePlan, { params: { plan }, body: { size: plan } });
  const entries = await readdir(PACKAGES, { withFileTypes: true });
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    const loaded = await loadPackage(join(PACKAGES, name));
    if (loaded.kind !== 'loaded') throw new Error(`the package ${name} is refused: ${JSON.stringify(loaded.findings)}`);
    const { bytes, digest } = archive(loaded.package);
    await store.put({ bytes, digest });
    const application = loaded.package.description.name;
    for (const version of versions(loaded.package))
      await command(system, publishRelease, { params: { application, version }, body: { digest } });
    for (const plan of PLANS) {
      const body = { policy: POLICY, price: { currency: 'EUR', minorUnits: 500 } };
      await command(system, openOffering, { params: { application, plan }, body });
    }
  }
}

/** A key of the provider with this role. */
export async function issueStaffKey(system: OperationClient, role: Role, label = `${role} of the tests`) {
  if (role !== 'staff-admin' && role !== 'staff-support' && role !== 'auditor') throw new RangeError(role);
  return (await command(system, issueCellKey, { params: {}, body: { role, label } })).key;
}

/** The host has this, whatever its agent measured. Without an agent's identity it is a host that nobody works on. */
export async function setCapacity(
  system: OperationClient,
  identity: { recipient: string } | undefined,
  capacity: Amounts,
): Promise<void> {
  const { recipient = 'age1nobody' } = identity ?? {};
  const body = { recipient, address: '127.0.0.1', port: 8080, backends: ['memory'], capacity };
  await command(system, joinHost, { params: { host: HOST }, body });
}
