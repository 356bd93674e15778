import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Job, reportJobOutcome } from '@freehold/deployment-contract';
import { operationSubject } from '@freehold/kernel';
import { readSigningKey, signPrincipal } from '@freehold/platform';
import type { DesiredState } from '@freehold/provisioning-contract';
import { eventually } from '@freehold/supervisor/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import type { Agent } from './agent.js';
import type { MemoryHost } from './backend/memory/memory-host.js';
import { memoryHost, startTestAgent } from './testing/agent.fixture.js';
import { HOST, TestCell } from './testing/cell.fixture.js';
import { greeterPackage } from './testing/greeter.fixture.js';
import { LogsAnswer } from './unit-logs/logs-responder.js';

let cell: TestCell;
let digest: string;
let failing: string;
let host: MemoryHost;
let agent: Agent;
let start: (leaveRunning: boolean) => Promise<Agent>;
let number = 0;
beforeAll(async () => {
  cell = await TestCell.open();
  digest = await cell.publish(greeterPackage());
  failing = await cell.publish(greeterPackage({ hook: 'failing' }));
});
afterAll(() => cell.release());
beforeEach(async () => {
  number += 1;
  host = memoryHost();
  ({ start } = await startTestAgent(cell, { host, name: `jobs-${number}` }));
  cell.joins.length = 0;
  cell.outcomes.length = 0;
  agent = await start(false);
});
afterEach(async () => {
  cell.silent.clear();
  cell.refuse = undefined;
  await agent.close();
  for await (const key of await cell.desired.keys()) await cell.desired.purge(key);
});

async function live(changes: Partial<DesiredState> = {}): Promise<DesiredState> {
  const state = cell.state(digest, changes);
  await cell.desire(state);
  const reported = () => cell.reported(state.environment).includes(`observed ${state.generation} running`);
  expect(await eventually(reported)).toBe(true);
  return state;
}
const jobFor = ({ operator, deployment, environment }: DesiredState, work: Job['work'], epoch = 1): Job => ({
  ...{ id: randomUUID(), operator, deployment, environment, epoch, work },
});
const installing = (version = '1.0'): Job['work'] => ({
  ...{ kind: 'prepare-release', application: 'greeter', version, digest },
});
const firstAdmin = (generation = 1): Job['work'] => ({ kind: 'run-hook', hook: 'first-admin', generation });
const outcomeOf = async ({ id }: Job) => {
  await eventually(() => cell.outcomes.some(({ body }) => body.job.id === id));
  return cell.outcomes.find(({ body }) => body.job.id === id)?.body.outcome;
};
const queueIsEmpty = async () => {
  const { state } = await (await jetstreamManager(cell.connection)).streams.info('JOBS');
  return state.messages === 0;
};

describe('jobs', () => {
  test('a release is installed before anything is desired, and the job leaves the queue', async () => {
    const job = jobFor(cell.state(digest), installing());
    await cell.sendJob(job);
    expect(await outcomeOf(job)).toEqual({ kind: 'succeeded' });
    expect(host.releases.size).toBe(1);
    expect(await eventually(queueIsEmpty)).toBe(true);
  });

  test('a release that is not there is a failure with its reason', async () => {
    const job = jobFor(cell.state(digest), installing('9.9'));
    await cell.sendJob(job);
    expect(await outcomeOf(job)).toMatchObject({ kind: 'failed', findings: [{ code: 'release-missing' }] });
  });

  test('a hook waits until its environment runs, and leaves no input behind', async () => {
    const state = cell.state(digest);
    const job = jobFor(state, firstAdmin());
    await cell.sendJob(job);
    await cell.desire(state);
    expect(await outcomeOf(job)).toEqual({ kind: 'succeeded' });
    const files = [...(host.environments.get(state.environment)?.files.keys() ?? [])];
    expect(files.sort()).toEqual(['greeter.yaml', 'secrets/session.key']);
  });

  test('a hook without its environment, or that fails, is a failure with its reason', async () => {
    const alone = jobFor(cell.state(digest), firstAdmin());
    await cell.sendJob(alone);
    expect(await outcomeOf(alone)).toMatchObject({ kind: 'failed', findings: [{ code: 'environment-not-running' }] });
    const job = jobFor(await live({ digest: failing }), firstAdmin());
    await cell.sendJob(job);
    expect(await outcomeOf(job)).toMatchObject({ kind: 'failed', findings: [{ code: 'hook-failed' }] });
  });

  test('hooks of moves run as the environment does, and what follows a restore only closed', async () => {
    const hooked = await cell.publish(
      greeterPackage({ moving: { quiesce: 'wants-open', 'after-restore': 'wants-closed' } }),
    );
    const moving = (hook: 'quiesce' | 'after-restore', generation = 1): Job['work'] => ({
      ...{ kind: 'run-hook', hook, generation },
    });
    const run = async (job: Job) => {
      await cell.sendJob(job);
      return outcomeOf(job);
    };
    const state = await live({ digest: hooked });
    expect(await run(jobFor(state, moving('quiesce')))).toEqual({ kind: 'succeeded' });
    expect(await run(jobFor(state, moving('after-restore')))).toEqual({ kind: 'succeeded' });
    await cell.desire({ ...state, generation: 2, want: 'closed' });
    expect(await run(jobFor(state, moving('after-restore', 2)))).toEqual({ kind: 'succeeded' });
    expect(await run(jobFor(state, moving('quiesce', 2)))).toMatchObject({ findings: [{ code: 'hook-failed' }] });
    await cell.desire({ ...state, generation: 3, want: 'stopped' });
    const late = jobFor(state, moving('quiesce', 3));
    expect(await run(late)).toMatchObject({ findings: [{ code: 'environment-not-running' }] });
    expect(await run(jobFor(await live(), moving('quiesce')))).toEqual({ kind: 'succeeded' });
  }, 180_000);

  test('a job of an earlier tenure is refused', async () => {
    const state = await live({ epoch: 3 });
    const job = jobFor(state, firstAdmin(), 2);
    await cell.sendJob(job);
    expect(await outcomeOf(job)).toMatchObject({ kind: 'failed', findings: [{ code: 'epoch-outdated' }] });
  });

  test('what a move has left is erased after the lineage came back under a later tenure, too', async () => {
    const state = await live({ epoch: 3 });
    const job = jobFor(state, { kind: 'erase-move', move: randomUUID(), keepDigests: false, history: false }, 1);
    await cell.sendJob(job);
    expect(await outcomeOf(job)).toMatchObject({ kind: 'succeeded' });
  });

  test('a repeat is answered from the journal, after a restart too, with the same command', async () => {
    const job = jobFor(cell.state(digest), installing());
    await cell.sendJob(job);
    await outcomeOf(job);
    await agent.close();
    host.releases.clear();
    agent = await start(false);
    await cell.sendJob(job);
    expect(await eventually(() => cell.outcomes.length === 2)).toBe(true);
    expect(cell.outcomes[1]).toMatchObject({ commandId: cell.outcomes[0]?.commandId ?? '' });
    expect(host.releases.size).toBe(0);
  });

  test('what nobody answered is told again by the next agent; what is refused leaves the queue', async () => {
    cell.silent.add(operationSubject(reportJobOutcome));
    const job = jobFor(cell.state(digest), installing());
    await cell.sendJob(job);
    await outcomeOf(job);
    expect(await queueIsEmpty()).toBe(false);
    const closing = agent.close();
    cell.silent.clear();
    cell.refuse = { code: 'order-already-undone' };
    await closing;
    agent = await start(false);
    expect(await eventually(queueIsEmpty, { timeoutMs: 60_000 })).toBe(true);
    expect(new Set(cell.outcomes.map(({ commandId }) => commandId)).size).toBe(1);
  }, 180_000);
});

describe('logs', () => {
  const ask = async (
    { environment, operator }: Pick<DesiredState, 'environment' | 'operator'>,
    more: { signer?: string; as?: string; cursor?: string; wait?: number; role?: 'owner' | 'reader' } = {},
  ) => {
    const { signer = 'gateway', as = operator, role = 'owner', ...rest } = more;
    const key = await readSigningKey(cell.keys.signingKeyFile(signer));
    const actor =
      signer === 'gateway' ? ({ kind: 'credential', id: 'key' } as const) : ({ kind: 'process', id: 'p' } as const);
    const principal = { actor, role: signer === 'gateway' ? role : ('process' as const), operator: as };
    const signed = headers();
    signed.set('Freehold-Principal', await signPrincipal(key, signer, principal));
    const body = JSON.stringify({ operator, environment, lines: 50, ...rest });
    const message = await cell.connection.request(`agent.${HOST}.logs`, body, { timeout: 25_000, headers: signed });
    return LogsAnswer.parse(message.json());
  };

  test('are for who may read them and belongs to the operator', async () => {
    const state = await live();
    expect(await ask(state)).toMatchObject({ lines: ['listens with hello'] });
    expect(await ask(state, { signer: 'deployment' })).toMatchObject({ lines: ['listens with hello'] });
    const refused = { refused: 'not-found' };
    expect(await ask(state, { role: 'reader' })).toEqual(refused);
    expect(await ask(state, { as: randomUUID() })).toEqual(refused);
    expect(await ask({ ...state, operator: randomUUID() })).toEqual(refused);
    expect(await ask({ ...state, environment: randomUUID() })).toEqual(refused);
    const unsigned = await cell.connection.request(`agent.${HOST}.logs`, JSON.stringify(state), { timeout: 5_000 });
    expect(unsigned.json()).toEqual(refused);
  });

  test('are read on from a cursor, as soon as there is something', async () => {
    const state = await live();
    const first = await ask(state);
    if (!('cursor' in first)) throw new Error('logs were refused');
    const waiting = ask(state, { cursor: first.cursor, wait: 20 });
    await host.environments.get(state.environment)?.units.get('web')?.stop();
    expect(await waiting).toMatchObject({ lines: ['listens with hello'] });
    expect(await ask(state, { cursor: first.cursor })).toMatchObject({ lines: ['listens with hello'] });
    expect(await ask(state, { cursor: 'of-another-life.7' })).toMatchObject({
      lines: ['listens with hello', 'listens with hello'],
    });
  });
});
