import { specificationOf } from '@freehold/decider';
import { describe, expect, it } from '@jest/globals';
import type { EnvironmentEvent, Want } from '@freehold/provisioning-contract';
import { desiredStateOf } from './desired-state.js';
import { type EnvironmentCommand, environmentDecider } from './environment.js';
import { configurationWith, secretsOf } from './open-configuration.js';

const deployment = '6f6f2f3e-5df0-4b8e-9a36-0f5b8c1f0001';
const amounts = { memoryBytes: 1, cpuMillis: 2, diskBytes: 3 };
const place = { deployment, host: 'this-host', amounts };
const configuration = {
  application: 'radicale',
  version: '3.9.0',
  digest: 'd',
  settings: {},
  secretSettings: [],
  secrets: [],
  names: [],
};
const requested: EnvironmentEvent = { type: 'provisioning.environment-requested.v1', data: place };
const desired = (generation: number, want: Want, { revision = generation, epoch = 1 } = {}): EnvironmentEvent => ({
  type: 'provisioning.environment-desired.v1',
  data: { generation, revision, want, epoch, configuration },
});
const observed = (generation: number, state: Want): EnvironmentEvent => ({
  type: 'provisioning.environment-observed.v1',
  data: { generation, state, identity: null },
});
const desire = (want: Want, revision: number, epoch = 1) =>
  ({ type: 'desire', want, revision, epoch, configuration }) as const;
const observe = (generation: number, host = 'this-host') =>
  ({ type: 'observe', host, generation, state: 'running', identity: null }) as const;

const spec = specificationOf(environmentDecider);

describe('an environment', () => {
  it('is requested once, for one thing', () => {
    spec
      .given()
      .when({ type: 'request', ...place })
      .then(requested);
    spec
      .given(requested)
      .when({ type: 'request', ...place })
      .thenNothing();
    spec
      .given(requested)
      .when({ type: 'request', ...place, host: 'other' })
      .thenRefused('environment-differs');
  });

  it('counts a generation for each thing that is desired, and passes over what is older or the same', () => {
    spec.given(requested).when(desire('running', 1)).then(desired(1, 'running'));
    spec.given(requested, desired(1, 'running')).when(desire('running', 1)).thenNothing();
    spec.given(requested, desired(1, 'running')).when(desire('stopped', 2)).then(desired(2, 'stopped'));
    spec
      .given(requested, desired(1, 'running', { revision: 9 }))
      .when(desire('stopped', 8))
      .thenNothing();
    spec.given().when(desire('running', 1)).thenRefused('environment-unknown');
  });

  it('passes over a stop that comes late, after something later wanted what is wanted already', () => {
    const running = [requested, desired(1, 'running', { revision: 6 })];
    const again = desired(1, 'running', { revision: 8 });
    spec
      .given(...running)
      .when(desire('running', 8))
      .then(again);
    spec
      .given(...running, again)
      .when(desire('stopped', 7))
      .thenNothing();
    spec
      .given(...running, again)
      .when(desire('running', 8))
      .thenNothing();
    spec
      .given(requested, desired(1, 'absent', { revision: 0 }))
      .when(desire('absent', 8))
      .thenNothing();
  });

  it('orders what follows from one revision by its turn', () => {
    const turned = (generation: number, want: Want, turn: number): EnvironmentEvent => ({
      type: 'provisioning.environment-desired.v1',
      data: { generation, revision: 2, turn, want, epoch: 1, configuration },
    });
    const stopped = [requested, desired(1, 'running'), desired(2, 'stopped')];
    spec
      .given(...stopped)
      .when({ ...desire('running', 2), turn: 1 })
      .then(turned(3, 'running', 1));
    spec
      .given(...stopped, turned(3, 'running', 1))
      .when(desire('stopped', 2))
      .thenNothing();
    spec
      .given(...stopped, turned(3, 'running', 1))
      .when({ ...desire('stopped', 2), turn: 2 })
      .then(turned(4, 'stopped', 2));
    spec
      .given(...stopped, turned(3, 'running', 1))
      .when(desire('stopped', 3))
      .then(desired(4, 'stopped', { revision: 3 }));
  });

  it('closes and opens, each a generation of its own, and believes its host about it', () => {
    const running = [requested, desired(1, 'running')];
    spec
      .given(...running)
      .when(desire('closed', 2))
      .then(desired(2, 'closed'));
    spec
      .given(...running, desired(2, 'closed'))
      .when({ ...observe(2), state: 'closed' })
      .then(observed(2, 'closed'));
    spec
      .given(...running, desired(2, 'closed'))
      .when(desire('running', 3))
      .then(desired(3, 'running'));
  });

  it('forwards where it is told, and counts another address as another generation', () => {
    const there = { address: '127.0.0.3', port: 8080 };
    const forwarding: EnvironmentEvent = {
      type: 'provisioning.environment-desired.v1',
      data: { generation: 2, revision: 2, want: 'stopped', epoch: 1, configuration, forward: there },
    };
    const stopped = [requested, desired(1, 'stopped')];
    spec
      .given(...stopped)
      .when({ ...desire('stopped', 2), forward: there })
      .then(forwarding);
    spec
      .given(...stopped)
      .when({ ...desire('stopped', 1), forward: null })
      .thenNothing();
    spec
      .given(...stopped, forwarding)
      .when({ ...desire('stopped', 2), forward: { ...there } })
      .thenNothing();
    spec
      .given(...stopped, forwarding)
      .when(desire('stopped', 3))
      .then(desired(3, 'stopped'));
  });

  it('lets no earlier tenure act', () => {
    const later = desired(1, 'running', { epoch: 2 });
    spec
      .given(requested, later)
      .when(desire('stopped', 2, 1))
      .thenRefused('epoch-too-low');
    spec
      .given(requested, later)
      .when(desire('absent', 2, 1))
      .thenRefused('epoch-too-low');
  });

  it('goes also before it was requested, and does not come back', () => {
    const gone = spec.given().when({ type: 'desire', want: 'absent', revision: 0, epoch: 1, configuration: null });
    gone.thenTypes('provisioning.environment-desired.v1', 'provisioning.environment-observed.v1');
    const removed = [requested, desired(1, 'absent')];
    spec
      .given(...removed)
      .when({ type: 'request', ...place })
      .thenRefused('environment-already-removed');
    spec
      .given(...removed)
      .when(desire('running', 9))
      .thenRefused('environment-already-removed');
    spec
      .given(requested, desired(1, 'running', { revision: 9 }))
      .when(desire('absent', 0))
      .thenTypes('provisioning.environment-desired.v1');
  });

  it('believes its own host, about what was asked for', () => {
    const running = [requested, desired(1, 'running')];
    spec
      .given(...running)
      .when(observe(1))
      .then(observed(1, 'running'));
    spec
      .given(...running, observed(1, 'running'))
      .when(observe(1))
      .thenNothing();
    spec
      .given(...running)
      .when(observe(2))
      .thenRefused('environment-unknown');
    spec
      .given(...running)
      .when(observe(0))
      .thenRefused('environment-unknown');
    spec.given(requested).when(observe(1)).thenRefused('environment-unknown');
    spec
      .given(...running)
      .when(observe(1, 'other'))
      .thenRefused('host-differs');
  });

  it('takes a failure once, and not after the generation held', () => {
    const fail: EnvironmentCommand = { type: 'fail', host: 'this-host', generation: 1, findings: [] };
    const failed: EnvironmentEvent = {
      type: 'provisioning.environment-failed.v1',
      data: { generation: 1, findings: [] },
    };
    const running = [requested, desired(1, 'running')];
    spec
      .given(...running)
      .when(fail)
      .then(failed);
    spec
      .given(...running, failed)
      .when(fail)
      .thenNothing();
    spec
      .given(...running, observed(1, 'running'))
      .when(fail)
      .thenNothing();
    spec
      .given(...running, failed)
      .when(observe(1))
      .then(observed(1, 'running'));
    const repair = { type: 'repair', host: 'this-host', generation: 1, unit: 'web', what: 'started-again' } as const;
    spec
      .given(...running)
      .when(repair)
      .thenTypes('provisioning.drift-repaired.v1');
  });
});

describe('what an agent must make true', () => {
  const name = { operator: '0c7e3f0e-8f1f-4b45-8e0e-3f6f5f0a0001', id: '6f6f2f3e-5df0-4b8e-9a36-0f5b8c1f0003' };
  const of = (...events: EnvironmentEvent[]) => desiredStateOf(spec.given(...events).state(), name);

  it('is the newest generation, until nothing is left', () => {
    const key = `this-host.${name.id}`;
    expect(of(requested)).toBeNull();
    expect(of(requested, desired(1, 'running'), desired(2, 'stopped'))).toMatchObject({
      key,
      state: { generation: 2, want: 'stopped', digest: 'd', epoch: 1, operator: name.operator, environment: name.id },
    });
    const forward = { address: '127.0.0.3', port: 8080 };
    const stopped = desired(1, 'stopped');
    if (stopped.type !== 'provisioning.environment-desired.v1') throw new Error('another event');
    expect(of(requested, { ...stopped, data: { ...stopped.data, forward } })?.state).toMatchObject({ forward });
    expect(of(requested, stopped)?.state).not.toHaveProperty('forward');
    expect(of(requested, desired(1, 'absent'))).toMatchObject({ key, state: { want: 'absent' } });
    expect(of(requested, desired(1, 'absent'), observed(1, 'absent'))).toEqual({ key, state: null });
  });
});

describe('what is configured', () => {
  const name = { operator: '0c7e3f0e-8f1f-4b45-8e0e-3f6f5f0a0001', id: '6f6f2f3e-5df0-4b8e-9a36-0f5b8c1f0003' };
  const since = (...events: EnvironmentEvent[]) =>
    desiredStateOf(spec.given(requested, ...events).state(), name)?.state?.configuredSince;
  const withDigest = (generation: number, digest: string): EnvironmentEvent => ({
    type: 'provisioning.environment-desired.v1',
    data: { generation, revision: generation, want: 'running', epoch: 1, configuration: { ...configuration, digest } },
  });

  it('stays from one generation to the next while only what is wanted differs', () => {
    expect(since(desired(1, 'closed'), desired(2, 'running'), desired(3, 'stopped'))).toBe(1);
    expect(since(desired(1, 'running', { epoch: 1 }), desired(2, 'running', { epoch: 3 }))).toBe(1);
    expect(since(desired(1, 'closed'), withDigest(2, 'other'), desired(3, 'running'))).toBe(3);
    expect(since(desired(1, 'closed'), withDigest(2, 'other'), withDigest(3, 'other'))).toBe(2);
  });
});

describe('a configuration for an agent', () => {
  it('has secrets under their names, and secret settings in their places too', () => {
    const closed = {
      ...configuration,
      secrets: ['key'],
      secretSettings: ['token'],
      settings: { token: { $secret: 'setting-1' }, motto: 'hi' },
      names: [{ purpose: 'web', name: 'a.freehold.test' }],
    };
    expect(secretsOf(closed)).toEqual([
      { name: 'key', kept: 'key' },
      { name: 'token', kept: 'setting-1' },
    ]);
    const values = new Map([
      ['key', 'k'],
      ['setting-1', 't'],
    ]);
    expect(configurationWith(closed, values)).toMatchObject({
      configuration: { settings: { token: 't', motto: 'hi' } },
      secrets: { key: 'k', token: 't' },
      names: { web: 'a.freehold.test' },
    });
  });
});
