import { specificationOf } from '@freehold/decider';
import type { DeploymentEvent, Job } from '@freehold/deployment-contract';
import { describe, expect, it } from '@jest/globals';
import type { DeploymentCommand } from './deployment.commands.js';
import { deploymentDecider } from './deployment.decide.js';
import { desiredEnvironment } from './desired-environment.js';

const id = (last: number) => `6f6f2f3e-5df0-4b8e-9a36-0f5b8c1f000${last}`;
const order = {
  lineage: id(1),
  application: 'radicale',
  version: '3.9.0',
  digest: 'd',
  plan: 'basic',
  environment: id(2),
  names: [],
  settings: { page: true },
  secretSettings: [],
};
const ordered: DeploymentEvent = { type: 'deployment.deployment-ordered.v1', data: order };
const secrets: DeploymentEvent = { type: 'deployment.secrets-prepared.v1', data: { names: ['key'] } };
const bound: DeploymentEvent = { type: 'deployment.resources-bound.v1', data: { host: 'this-host' } };
const installed: DeploymentEvent = { type: 'deployment.release-installed.v1', data: { job: id(3), digest: 'd' } };
const taken: DeploymentEvent = { type: 'deployment.tenure-taken.v1', data: { epoch: 1, handover: null } };
const live: DeploymentEvent = { type: 'deployment.went-live.v1', data: { generation: 1, identity: null } };
const suspended: DeploymentEvent = { type: 'deployment.suspended.v1', data: {} };
const eraseAt = '2026-12-21T00:00:00.000Z';
const retiring: DeploymentEvent = { type: 'deployment.retirement-begun.v1', data: { eraseAt } };
const retired: DeploymentEvent = { type: 'deployment.retired.v1', data: {} };
const undone: DeploymentEvent = { type: 'deployment.order-undone.v1', data: {} };
const ready = [ordered, secrets, bound, installed];
const administered: DeploymentEvent = { type: 'deployment.first-administrator-made.v1', data: { job: id(9) } };
const running = [...ready, taken, live, administered];

const job = (work: Job['work']): Job => ({
  id: id(3),
  operator: id(4),
  deployment: id(5),
  environment: id(2),
  epoch: 1,
  work,
});
const spec = specificationOf(deploymentDecider);
const take = { type: 'take-tenure', epoch: 1, handover: null } as const;

describe('an order', () => {
  it('makes one deployment', () => {
    spec.given().when({ type: 'order', order }).then(ordered);
    spec.given(ordered).when({ type: 'order', order }).thenNothing();
    spec
      .given(ordered)
      .when({ type: 'order', order: { ...order, plan: 'other' } })
      .thenRefused('deployment-differs');
  });

  it('is undone also before it came, and everything late is refused', () => {
    spec.given().when({ type: 'undo-order' }).then(undone);
    spec.given(undone).when({ type: 'undo-order' }).thenNothing();
    spec
      .given(...running)
      .when({ type: 'undo-order' })
      .then(undone);
    const late: DeploymentCommand[] = [
      { type: 'order', order },
      { type: 'record-secrets', names: [] },
      { type: 'bind-resources', host: 'this-host' },
      { type: 'record-live', generation: 1, identity: null },
      {
        type: 'record-job',
        job: job({ kind: 'run-hook', hook: 'first-admin', generation: 1 }),
        outcome: { kind: 'succeeded' },
      },
      take,
    ];
    for (const command of late) spec.given(undone).when(command).thenRefused('order-already-undone');
  });
});

describe('the tenure', () => {
  it('is taken when secrets, resources and release are in place, and not before', () => {
    spec
      .given(...ready)
      .when(take)
      .then(taken);
    spec
      .given(...ready, taken)
      .when(take)
      .thenNothing();
    spec.given(ordered).when(take).thenRefused('secrets-missing', 'resources-missing', 'release-missing');
    spec.given(ordered, secrets, bound).when(take).thenRefused('release-missing');
  });

  it('never goes back', () => {
    const later: DeploymentEvent = { type: 'deployment.tenure-taken.v1', data: { epoch: 3, handover: null } };
    spec
      .given(...ready, later)
      .when({ type: 'take-tenure', epoch: 2, handover: null })
      .thenRefused('epoch-too-low');
  });

  it('comes before life', () => {
    spec
      .given(...ready, taken)
      .when({ type: 'record-live', generation: 1, identity: null })
      .then(live);
    spec
      .given(...ready)
      .when({ type: 'record-live', generation: 1, identity: null })
      .thenRefused('tenure-missing');
    spec
      .given(...running, suspended)
      .when({ type: 'record-live', generation: 1, identity: null })
      .thenNothing();
  });
});

describe('a job', () => {
  const prepared = job({ kind: 'prepare-release', application: 'radicale', version: '3.9.0', digest: 'd' });

  it('leaves an event with its own id, however it ended', () => {
    spec
      .given(ordered)
      .when({ type: 'record-job', job: prepared, outcome: { kind: 'succeeded' } })
      .then(installed);
    spec
      .given(ordered)
      .when({ type: 'record-job', job: prepared, outcome: { kind: 'failed', findings: [] } })
      .then({ type: 'deployment.job-failed.v1', data: { job: id(3), findings: [] } });
  });

  it('of a move leaves its result, for whoever waits', () => {
    const erased = job({ kind: 'erase-move', move: id(8), keepDigests: false, history: false });
    const result = { payloadFiles: 3 };
    spec
      .given(ordered)
      .when({ type: 'record-job', job: erased, outcome: { kind: 'succeeded', result } })
      .then({ type: 'deployment.job-done.v1', data: { job: id(3), result } });
    spec
      .given(ordered)
      .when({ type: 'record-job', job: erased, outcome: { kind: 'succeeded' } })
      .then({ type: 'deployment.job-done.v1', data: { job: id(3), result: null } });
  });
});

describe('a deployment', () => {
  it('changes its settings while it lives', () => {
    const next = { settings: { page: false }, secretSettings: [] };
    const reconfigured: DeploymentEvent = { type: 'deployment.reconfigured.v1', data: next };
    spec
      .given(...running)
      .when({ type: 'reconfigure', ...next })
      .then(reconfigured);
    spec
      .given(...running, suspended)
      .when({ type: 'reconfigure', ...next })
      .then(reconfigured);
    spec
      .given(...running, reconfigured)
      .when({ type: 'reconfigure', ...next })
      .thenNothing();
    for (const history of [ready, [...ready, taken, live]]) {
      spec
        .given(...history)
        .when({ type: 'reconfigure', ...next })
        .thenRefused('deployment-not-live');
    }
    spec
      .given(...running, retiring)
      .when({ type: 'reconfigure', ...next })
      .thenRefused('deployment-not-live');
  });

  it('is suspended and resumed', () => {
    spec
      .given(...running)
      .when({ type: 'suspend' })
      .then(suspended);
    spec
      .given(...running, suspended)
      .when({ type: 'suspend' })
      .thenNothing();
    spec
      .given(...running, suspended)
      .when({ type: 'resume' })
      .thenTypes('deployment.resumed.v1');
    spec
      .given(...running)
      .when({ type: 'resume' })
      .thenNothing();
    spec
      .given(...running, retiring)
      .when({ type: 'suspend' })
      .thenRefused('deployment-not-live');
    spec
      .given(...ready)
      .when({ type: 'resume' })
      .thenRefused('deployment-not-suspended');
  });

  it('retires once, and is then gone', () => {
    spec
      .given(...running)
      .when({ type: 'begin-retirement', eraseAt })
      .then(retiring);
    spec
      .given(...running, retiring)
      .when({ type: 'begin-retirement', eraseAt })
      .thenNothing();
    spec.given(ordered).when({ type: 'begin-retirement', eraseAt }).thenRefused('deployment-not-live');
    spec
      .given(...running, retiring)
      .when({ type: 'record-retired' })
      .then(retired);
    spec
      .given(...running, retiring, retired)
      .when({ type: 'record-retired' })
      .thenNothing();
    spec
      .given(...running, retiring, retired)
      .when({ type: 'order', order })
      .thenRefused('order-already-undone');
  });
});

describe('what must hold in its environment', () => {
  const wanted = (...events: DeploymentEvent[]) => desiredEnvironment(spec.given(...events).state(), events.length);

  it('follows from its state; before it lives and when it retires that is a process’s matter', () => {
    expect(wanted(...running)).toMatchObject({
      want: 'running',
      revision: 7,
      epoch: 1,
      configuration: { secrets: ['key'] },
    });
    expect(wanted(...running, suspended)).toMatchObject({ want: 'stopped', revision: 8 });
    expect(wanted(...ready, taken)).toBeNull();
    expect(wanted(...running, retiring)).toBeNull();
    expect(wanted(undone)).toBeNull();
  });
});
