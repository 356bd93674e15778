import { refusalsOf } from '@freehold/decider';
import * as contract from '@freehold/deployment-contract';
import { type Operation, operationsOf } from '@freehold/kernel';
import { describe, expect, it } from '@jest/globals';
import type { DeploymentCommand } from './deployment/domain/deployment.commands.js';
import { deploymentDecider } from './deployment/domain/deployment.decide.js';
import { type TenureCommand, tenureDecider } from './tenure/domain/tenure.js';

/**
 * Whatever an aggregate can refuse with, in any state that can be reached, stands in the declaration of the operation that
 * asks it; and nothing stands there that cannot be answered. What the border of an operation refuses itself is `besides`.
 */
const id = (last: number) => `6f6f2f3e-5df0-4b8e-9a36-0f5b8c1f000${last}`;
const order = {
  ...{ lineage: id(1), application: 'radicale', version: '3.9.0', digest: 'd', plan: 'basic' },
  ...{ environment: id(2), names: [], settings: {}, secretSettings: [] },
};
const job = { id: id(3), operator: id(4), deployment: id(5), environment: id(2), epoch: 1 };
const done = { kind: 'succeeded' } as const;
const documents = { settings: {}, secretSettings: [], secrets: ['key'], hasFirstAdministrator: true };
const [departure, other] = [id(6), id(7)];
const COMMANDS: readonly DeploymentCommand[] = [
  { type: 'order', order },
  { type: 'order', order: { ...order, plan: 'large' } },
  { type: 'record-secrets', names: ['key'] },
  { type: 'bind-resources', host: 'this-host' },
  {
    type: 'record-job',
    job: { ...job, work: { kind: 'prepare-release', application: 'radicale', version: '3.9.0', digest: 'd' } },
    outcome: done,
  },
  {
    type: 'record-job',
    job: { ...job, work: { kind: 'run-hook', hook: 'first-admin', generation: 1 } },
    outcome: done,
  },
  { type: 'take-tenure', epoch: 1, handover: null },
  { type: 'take-tenure', epoch: 2, handover: null },
  { type: 'record-live', generation: 1, identity: null },
  { type: 'reconfigure', settings: { page: true }, secretSettings: [] },
  { type: 'begin-retirement', eraseAt: '2026-12-21T00:00:00.000Z' },
  { type: 'receive-documents', ...documents },
  { type: 'seal', departure },
  { type: 'seal', departure: other },
  { type: 'reopen', departure },
  { type: 'leave', departure, to: 'https://cloud.example' },
  { type: 'take-back', departure, epoch: 3 },
  { type: 'take-back', departure, epoch: 1 },
  ...(['undo-order', 'suspend', 'resume', 'record-retired'] as const).map((type) => ({ type })),
];
const deployment = refusalsOf(deploymentDecider, { commands: COMMANDS });
const isNone = ({ status }: { status: string }) => status === 'none';
const deploymentThere = refusalsOf(deploymentDecider, { commands: COMMANDS, except: isNone });
const TENURE: readonly TenureCommand[] = [id(5), id(8)].flatMap((each) => [
  { type: 'claim', deployment: each },
  { type: 'free', deployment: each },
]);
const tenure = refusalsOf(tenureDecider, { commands: TENURE });

type Row = readonly [operation: Operation, refusals: ReadonlySet<string> | undefined, besides?: readonly string[]];
const ROWS: readonly Row[] = [
  [contract.suspendDeployment, deploymentThere.get('suspend')],
  [contract.resumeDeployment, deploymentThere.get('resume')],
  [contract.retireDeployment, deploymentThere.get('begin-retirement')],
  [contract.createDeployment, deployment.get('order')],
  [contract.undoOrder, deployment.get('undo-order')],
  [contract.prepareSecrets, deployment.get('record-secrets')],
  [contract.claimTenure, tenure.get('claim')],
  [contract.freeTenure, tenure.get('free')],
  [contract.bindResources, deployment.get('bind-resources')],
  [contract.takeTenure, deployment.get('take-tenure')],
  [contract.recordLive, deployment.get('record-live')],
  [contract.beginRetirement, deployment.get('begin-retirement')],
  [contract.recordRetired, deployment.get('record-retired')],
  [contract.reportJobOutcome, deployment.get('record-job')],
  [contract.sealDeployment, deployment.get('seal')],
  [contract.reopenDeployment, deployment.get('reopen')],
  [contract.leaveDeployment, deployment.get('leave')],
  [contract.takeBackDeployment, deployment.get('take-back')],
  [contract.receiveDocuments, deployment.get('receive-documents'), ['documents-unreadable', 'setting-refused']],
];
/** The border judges most of these: what the aggregate refuses with is among it. */
const AMONG_OTHERS: readonly Row[] = [[contract.changeSettings, deploymentThere.get('reconfigure')]];
/** Of no aggregate of this context. */
const OTHERS = ['order-deployment', 'shred-secrets', 'retry-work', 'continue-work', 'undo-work'];

describe('what operations declare that they refuse with', () => {
  it.each(ROWS.map(([operation, refusals, besides = []]) => [operation.id, operation, refusals, besides] as const))(
    'is what they can: %s',
    (_, operation, refusals, besides) => {
      expect([...operation.refusals].toSorted()).toEqual([...(refusals ?? ['no such command']), ...besides].toSorted());
    },
  );

  it.each(AMONG_OTHERS.map(([operation, refusals]) => [operation.id, operation, refusals] as const))(
    'contains what the aggregate can: %s',
    (_, operation, refusals) => {
      expect(operation.refusals).toEqual(expect.arrayContaining([...(refusals ?? ['no such command'])]));
    },
  );

  it('is looked at of every command', () => {
    const commands = operationsOf(contract).filter(({ id: of, kind }) => kind === 'command' && !of.includes('-views'));
    const looked = [...ROWS, ...AMONG_OTHERS].map(([operation]) => operation.id);
    expect(commands.map((operation) => operation.id).toSorted()).toEqual(
      [...looked, ...OTHERS.map((name) => `deployment.${name}`)].toSorted(),
    );
  });
});
