import { specificationOf } from '@freehold/decider';
import type { DeploymentEvent } from '@freehold/deployment-contract';
import { describe, expect, it } from '@jest/globals';
import type { DeploymentCommand } from './deployment.commands.js';
import { deploymentDecider } from './deployment.decide.js';
import { desiredEnvironment } from './desired-environment.js';

const id = (last: number) => `6f6f2f3e-5df0-4b8e-9a36-0f5b8c1f000${last}`;
const order = {
  ...{ lineage: id(1), application: 'radicale', version: '3.9.0', digest: 'd', plan: 'basic' },
  ...{ environment: id(2), names: [], settings: {}, secretSettings: [] },
};
const running: DeploymentEvent[] = [
  { type: 'deployment.deployment-ordered.v1', data: order },
  { type: 'deployment.secrets-prepared.v1', data: { names: ['key'] } },
  { type: 'deployment.resources-bound.v1', data: { host: 'this-host' } },
  { type: 'deployment.release-installed.v1', data: { job: id(3), digest: 'd' } },
  { type: 'deployment.tenure-taken.v1', data: { epoch: 1, handover: null } },
  { type: 'deployment.went-live.v1', data: { generation: 1, identity: null } },
  { type: 'deployment.first-administrator-made.v1', data: { job: id(3) } },
];
const [departure, other, to] = [id(6), id(7), 'http://127.0.0.3:8420'];
const sealed: DeploymentEvent = { type: 'deployment.deployment-sealed.v1', data: { departure, epoch: 1 } };
const reopened: DeploymentEvent = { type: 'deployment.deployment-reopened.v1', data: { departure } };
const left: DeploymentEvent = { type: 'deployment.deployment-left.v1', data: { departure, epoch: 2, to } };
const seal = { type: 'seal', departure } as const;
const reopen = { type: 'reopen', departure } as const;
const leave = { type: 'leave', departure, to } as const;
const spec = specificationOf(deploymentDecider);
const stateAfter = (...events: DeploymentEvent[]) =>
  events.reduce(deploymentDecider.evolve, deploymentDecider.initialState());

describe('a deployment that moves', () => {
  it('is sealed by one departure, while it is live', () => {
    spec
      .given(...running)
      .when(seal)
      .then(sealed);
    spec
      .given(...running, sealed)
      .when(seal)
      .thenNothing();
    spec
      .given(...running, sealed)
      .when({ ...seal, departure: other })
      .thenRefused('deployment-sealed');
    spec
      .given(...running, { type: 'deployment.suspended.v1', data: {} })
      .when(seal)
      .thenRefused('deployment-not-live');
    spec.given().when(seal).thenRefused('deployment-not-live');
  });

  it('that has left is started by nothing but its return, whatever comes late', () => {
    const gone = spec.given(...running, sealed, left).state();
    const job = { id: id(3), operator: id(4), deployment: id(5), environment: id(2), epoch: 1 };
    const restored = {
      ...job,
      work: { kind: 'erase-move', move: departure, keepDigests: false, history: false },
    } as const;
    const commands: DeploymentCommand[] = [
      ...[seal, { ...seal, departure: other }, reopen, { ...reopen, departure: other }, leave],
      ...([{ type: 'suspend' }, { type: 'resume' }, { type: 'order', order }] as const),
      { type: 'take-tenure', epoch: 1, handover: null },
      { type: 'record-live', generation: 9, identity: null },
      { type: 'take-back', departure, epoch: 2 },
      { type: 'take-back', departure: other, epoch: 9 },
      { type: 'receive-documents', settings: {}, secretSettings: [], secrets: ['key'], hasFirstAdministrator: true },
      { type: 'record-job', job: restored, outcome: { kind: 'succeeded' } },
    ];
    const after = (state: typeof gone, command: DeploymentCommand) => {
      const decision = deploymentDecider.decide(command, state);
      return decision.kind === 'accepted' ? decision.events.reduce(deploymentDecider.evolve, state) : state;
    };
    for (const first of commands) {
      for (const second of commands) {
        const end = after(after(gone, first), second);
        expect([end.status, desiredEnvironment(end, 99)]).toEqual(['left', null]);
      }
    }
  });

  it('says of what has left that it has, to whom, and how it comes back', () => {
    const retire = { type: 'begin-retirement', eraseAt: '2026-12-21T00:00:00.000Z' } as const;
    const change = { type: 'reconfigure', settings: { page: true }, secretSettings: Array.of<string>() } as const;
    for (const command of [{ type: 'suspend' }, { type: 'resume' }, change, retire] as const) {
      const ofLeft = spec.given(...running, sealed, left).when(command);
      ofLeft.thenRefused('deployment-left');
      expect(ofLeft.decision).toMatchObject({
        findings: [{ detail: expect.stringContaining(to), hint: expect.stringContaining('freehold move take') }],
      });
      spec
        .given(...running, sealed)
        .when(command)
        .thenRefused('deployment-sealed');
    }
    spec
      .given(...running, sealed, left)
      .when({ ...seal, departure: other })
      .thenRefused('deployment-left');
  });

  it('is reopened or leaves, whichever is decided first', () => {
    spec
      .given(...running, sealed)
      .when(leave)
      .then(left);
    spec
      .given(...running, sealed, left)
      .when(leave)
      .thenNothing();
    spec
      .given(...running, sealed, left)
      .when(reopen)
      .thenRefused('deployment-left');
    spec
      .given(...running, sealed)
      .when(reopen)
      .then(reopened);
    spec
      .given(...running, sealed, reopened)
      .when(reopen)
      .thenNothing();
    spec
      .given(...running, sealed, reopened)
      .when(leave)
      .thenRefused('already-reopened');
  });

  it('refuses a seal that comes after it was given up, and a leave without a seal', () => {
    spec
      .given(...running)
      .when(reopen)
      .then(reopened);
    spec
      .given(...running, reopened)
      .when(seal)
      .thenRefused('already-reopened');
    spec
      .given(...running)
      .when(leave)
      .thenRefused('deployment-not-sealed');
    spec
      .given(...running, sealed)
      .when({ ...leave, departure: other })
      .thenRefused('deployment-not-sealed');
    const otherGivenUp = stateAfter(...running, sealed, {
      type: 'deployment.deployment-reopened.v1',
      data: { departure: other },
    });
    expect(otherGivenUp.status).toBe('sealed');
  });

  it('wants nothing of its environment while it is sealed or gone, and runs again when reopened', () => {
    expect(desiredEnvironment(stateAfter(...running, sealed), 8)).toBeNull();
    expect(desiredEnvironment(stateAfter(...running, sealed, left), 9)).toBeNull();
    expect(desiredEnvironment(stateAfter(...running, sealed, reopened), 9)).toMatchObject({ want: 'running' });
    for (const change of [{ type: 'suspend' }, { type: 'resume' }] as const) {
      for (const states of [[sealed], [sealed, left]]) {
        expect(deploymentDecider.decide(change, stateAfter(...running, ...states)).kind).toBe('refused');
      }
    }
  });

  it('comes back by a return, under a higher epoch', () => {
    const takeBack = { type: 'take-back', departure, epoch: 3 } as const;
    const back: DeploymentEvent = { type: 'deployment.deployment-taken-back.v1', data: { departure, epoch: 3 } };
    const gone = [...running, sealed, left];
    spec
      .given(...gone)
      .when(takeBack)
      .then(back);
    spec
      .given(...gone, back)
      .when(takeBack)
      .thenNothing();
    spec
      .given(...gone)
      .when({ ...takeBack, epoch: 2 })
      .thenRefused('epoch-too-low');
    spec
      .given(...running)
      .when(takeBack)
      .thenRefused('deployment-not-left');
    expect(desiredEnvironment(stateAfter(...gone, back), 10)).toMatchObject({ want: 'running', epoch: 3 });
  });

  it('takes the documents of its bag once it is ordered, before its tenure', () => {
    const documents = { settings: { page: true }, secretSettings: [], secrets: ['key'], hasFirstAdministrator: true };
    const received: DeploymentEvent = { type: 'deployment.documents-received.v1', data: documents };
    const [ordered] = running as [DeploymentEvent];
    spec
      .given(ordered)
      .when({ type: 'receive-documents', ...documents })
      .then(received);
    spec
      .given(ordered, received)
      .when({ type: 'receive-documents', ...documents })
      .thenNothing();
    spec
      .given(...running)
      .when({ type: 'receive-documents', ...documents, settings: {} })
      .thenNothing();
    spec
      .given()
      .when({ type: 'receive-documents', ...documents })
      .thenRefused('order-already-undone');
  });
});
