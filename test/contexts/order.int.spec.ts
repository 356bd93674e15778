import { accountsService } from '@freehold/accounts';
import { agreeSubscription, registerOperator, subscriptions } from '@freehold/accounts-contract';
import { archive, ensurePackagesBucket, loadPackage, packageStore } from '@freehold/application-package';
import { catalogService } from '@freehold/catalog';
import { definePlan, openOffering, publishRelease, setPolicy } from '@freehold/catalog-contract';
import { deploymentService } from '@freehold/deployment';
import {
  changeSettings,
  deployments,
  firstAdministrator,
  followProcess,
  orderDeployment,
  processes,
  resumeDeployment,
  retireDeployment,
  suspendDeployment,
  workList,
} from '@freehold/deployment-contract';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Operation, Principal, ReplyOf, Role } from '@freehold/kernel';
import {
  type CallOptions,
  OperationClient,
  readSigningKey,
  type RunningService,
  signPrincipal,
} from '@freehold/platform';
import { bootReady, contextGround, SeenPositions } from '@freehold/platform/testing';
import { provisioningService } from '@freehold/provisioning';
import { environments, hosts, names } from '@freehold/provisioning-contract';
import { type ClaimedGround, claimGround, eventually } from '@freehold/supervisor/testing';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { HOST, SimulatedAgent } from './simulated-agent.js';

/** accounts, catalog, provisioning and deployment together, with an agent that has no machine. */
describe('an order through all contexts', () => {
  let ground: ClaimedGround;
  let services: RunningService[];
  let agent: SimulatedAgent;
  let client: OperationClient;
  let failingJobs = new Set<string>();
  const seen = new SeenPositions();

  const as = (role: Role, operator: string): Principal => ({
    actor: { kind: 'credential', id: randomUUID() },
    role,
    operator,
  });
  const staff = as('staff-admin', '_');
  async function ask<Row extends Operation>(row: Row, call: CallOptions<Row>): Promise<ReplyOf<Row>> {
    const asked = { commandId: randomUUID(), ...call, body: seen.asking(row, call.body) };
    const answered = await client.call(row, asked);
    if (answered.kind === 'done') seen.saw(answered.position);
    if (answered.kind !== 'done') throw new Error(`${row.id}: ${JSON.stringify(answered)}`);
    return answered.reply;
  }
  async function registered(places: number): Promise<string> {
    const { id } = await ask(registerOperator, {
      params: {},
      body: { name: 'Verein Morgenrot', contact: 'vorstand@morgenrot.example' },
      principal: staff,
    });
    await ask(agreeSubscription, {
      params: { operator: id },
      body: { plan: 'basic', places },
      principal: { ...staff, operator: id },
    });
    return id;
  }
  const order = (
    operator: string,
    body: { name: string; settings?: Record<string, string> },
    commandId = randomUUID(),
  ) =>
    client.call(orderDeployment, {
      params: { operator },
      body: { application: 'radicale', ...body },
      principal: as('owner', operator),
      commandId,
    });
  async function ended(operator: string, process: string) {
    const call = { params: { operator, process }, principal: as('reader', operator) };
    return found(async () => {
      const { recorded } = await ask(followProcess, { ...call, body: {} });

      return recorded.endedAt === null && recorded.status !== 'stuck' ? undefined : recorded;
    });
  }
  async function completed(operator: string, name: string, settings: Record<string, string> = {}) {
    const begun = await order(operator, { name, settings });
    if (begun.kind !== 'done') throw new Error(JSON.stringify(begun));
    expect(await ended(operator, begun.reply.process)).toMatchObject({ status: 'completed', findings: [] });
    return begun.reply;
  }
  /** What `look` finds in the end. */
  async function found<T>(look: () => Promise<T | undefined>): Promise<T> {
    let last: T | undefined;
    const there = await eventually(async () => (last = await look()) !== undefined, { timeoutMs: 75_000 });
    if (!there || last === undefined) throw new Error('it did not come to be in time');
    return last;
  }
  const deploymentOf = (operator: string, deployment: string) =>
    ask(deployments.get, { params: { operator, deployment }, body: {}, principal: as('owner', operator) });

  beforeAll(async () => {
    ground = await claimGround();
    const contexts = ['accounts', 'catalog', 'provisioning', 'deployment'] as const;
    const made = await contextGround(ground, contexts, ['gateway', `agent.${HOST}`]);
    const connection = await ground.connect();
    await ensurePackagesBucket(connection);
    services = await Promise.all([
      bootReady({ ...accountsService, config: made.configurationOf('accounts') }),
      bootReady({ ...catalogService, config: made.configurationOf('catalog') }),
      bootReady({
        ...provisioningService,
        config: { ...made.configurationOf('provisioning'), zone: 'freehold.test' },
      }),
      bootReady({ ...deploymentService, config: made.configurationOf('deployment') }),
    ]);
    const key = await readSigningKey(made.signingKeyFile('gateway'));
    client = new OperationClient({ connection, sign: (principal) => signPrincipal(key, 'gateway', principal) });
    agent = await SimulatedAgent.start(connection, {
      folder: ground.folder,
      signingKeyFile: made.signingKeyFile(`agent.${HOST}`),
      wishes: {
        jobFails: ({ deployment, work }) =>
          failingJobs.has(deployment) && work.kind === 'run-hook'
            ? [{ pointer: '', code: 'hook-failed', detail: 'It failed.', hint: 'Look at the log.' }]
            : undefined,
      },
    });
    const folder = join(import.meta.dirname, '../../services/catalog/packages/radicale');
    const loaded = await loadPackage(folder);
    if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.findings));
    const { bytes, digest } = archive(loaded.package);
    await (await packageStore(connection)).put({ bytes, digest });
    const version = loaded.package.description.releases[0]?.version ?? '';
    const common = { principal: staff };
    await ask(publishRelease, { ...common, params: { application: 'radicale', version }, body: { digest } });
    await ask(definePlan, { ...common, params: { plan: 'basic' }, body: { size: 'small' } });
    const rule = { kind: 'this-host', host: HOST } as const;
    await ask(setPolicy, { ...common, params: { policy: HOST }, body: { rule } });
    const price = { currency: 'EUR', minorUnits: 300 };
    const offering = { application: 'radicale', plan: 'basic' };
    await ask(openOffering, { ...common, params: offering, body: { policy: HOST, price } });
  }, 180_000);
  afterAll(async () => {
    await agent.stop();
    await Promise.all(services.map((service) => service.stop()));
    await ground.release();
  });

  it('goes live, with names, secrets and a first administrator', async () => {
    const operator = await registered(1);
    const { deployment } = await completed(operator, 'Kalender.freehold.test', { userName: 'ada' });
    const shown = await found(async () => {
      const now = await deploymentOf(operator, deployment);
      return now.recorded.hasFirstAdministrator ? now : undefined;
    });
    expect(shown.recorded).toMatchObject({
      status: 'live',
      host: HOST,
      epoch: 1,
      plan: 'basic',
      names: [{ name: 'kalender.freehold.test' }],
      settings: { userName: 'ada' },
    });
    const given = agent.configurations.at(-1);
    expect(given?.configuration.settings).toMatchObject({ userName: 'ada' });
    expect(Object.values(given?.names ?? {})).toEqual(['kalender.freehold.test']);
    const account = await ask(firstAdministrator, {
      params: { operator, deployment },
      body: {},
      principal: as('owner', operator),
    });
    expect(account).toEqual({ user: 'ada', password: given?.secrets['first-admin-password'] });
    expect(agent.jobs.filter((job) => job.deployment === deployment).map(({ work }) => work.kind)).toEqual([
      'prepare-release',
      'run-hook',
    ]);
    const isOpen = async () => {
      const { items } = await ask(workList, { params: {}, body: {}, principal: staff });
      return items.some((each) => each.deployment === deployment);
    };
    expect(await eventually(async () => !(await isOpen()))).toBe(true);
  }, 120_000);

  it('answers the same order the same way, with one effect, and another under its key with a refusal', async () => {
    const operator = await registered(1);
    const commandId = randomUUID();
    const body = { name: 'einmal.freehold.test' };
    const first = await order(operator, body, commandId);
    expect(await order(operator, body, commandId)).toEqual(first);
    const other = await order(operator, { name: 'anders.freehold.test' }, commandId);
    expect(other).toMatchObject({ kind: 'refused', findings: [{ code: 'idempotency-key-reused' }] });
    if (first.kind !== 'done') throw new Error(JSON.stringify(first));
    expect(first.location).toBe(`/v1/operators/${operator}/processes/${first.reply.process}`);
    expect(await ended(operator, first.reply.process)).toMatchObject({ status: 'completed' });
    expect(await order(operator, body, commandId)).toEqual(first);
  }, 120_000);

  it('refuses with everything that is wrong at once, and nothing happened', async () => {
    const operator = await registered(0);
    const refusal = await order(operator, { name: 'nicht hier', settings: { page: 'maybe', colour: 'red' } });
    expect(refusal).toMatchObject({ kind: 'refused', reason: 'invalid' });
    const findings = refusal.kind === 'refused' ? refusal.findings : [];
    expect(findings.map(({ pointer, code }) => `${pointer} ${code}`).toSorted()).toEqual(
      [
        '/name name-invalid',
        '/name name-outside-zone',
        '/settings/colour setting-unknown',
        '/settings/page setting-type',
        ' quota-used-up',
      ].toSorted(),
    );
    const none = await ask(processes.list, { params: { operator }, body: {}, principal: as('owner', operator) });
    expect(none.items).toEqual([]);
  });

  it('lets one of two orders have a name, and undoes the other', async () => {
    const operators = [await registered(1), await registered(1)];
    const begun = await Promise.all(operators.map((operator) => order(operator, { name: 'einer.freehold.test' })));
    const outcomes = await Promise.all(
      begun.map(async (answered, index) => {
        if (answered.kind === 'refused') return answered.findings.map(({ code }) => code).join();
        if (answered.kind !== 'done') throw new Error(JSON.stringify(answered));
        const process = await ended(operators[index] ?? '', answered.reply.process);
        return process.status === 'refused' ? process.findings.map(({ code }) => code).join() : process.status;
      }),
    );
    expect(outcomes.toSorted()).toEqual(['completed', 'name-taken']);
    const loser = operators[outcomes.indexOf('name-taken')] ?? '';
    const own = await ask(names.list, { params: { operator: loser }, body: {}, principal: as('owner', loser) });
    expect(own.items).toEqual([]);
    const { recorded } = await ask(subscriptions.get, {
      params: { operator: loser },
      body: {},
      principal: as('owner', loser),
    });
    expect(recorded.taken).toEqual([]);
  }, 120_000);

  it('undoes everything when the last step fails', async () => {
    const operator = await registered(1);
    const begun = await order(operator, { name: 'pech.freehold.test' });
    if (begun.kind !== 'done') throw new Error(JSON.stringify(begun));
    const { deployment, process } = begun.reply;
    failingJobs = new Set([deployment]);
    const failed = await ended(operator, process);
    expect(failed).toMatchObject({ status: 'failed', findings: [{ code: 'hook-failed' }] });
    expect(failed.steps.find(({ name }) => name === 'request-environment')).toMatchObject({ state: 'undone' });
    const principal = as('owner', operator);
    const gone = await found(async () => {
      const { items } = await ask(environments.list, { params: { operator }, body: {}, principal });
      return items[0]?.recorded.state === 'absent' ? items[0].recorded : undefined;
    });
    const { recorded } = await ask(hosts.get, { params: { host: HOST }, body: {}, principal: staff });
    expect(recorded.environments).not.toContain(gone.id);
    await found(async () => {
      const { recorded: now } = await deploymentOf(operator, deployment);
      return now.status === 'undone' ? now : undefined;
    });
  }, 120_000);

  it('changes settings, suspends, resumes and retires through the desired state', async () => {
    const operator = await registered(1);
    const { deployment } = await completed(operator, 'leben.freehold.test', { userName: 'ada' });
    const call = { params: { operator, deployment }, principal: as('owner', operator) };
    const last = () => agent.desired.findLast((state) => state.deployment === deployment);
    const reaches = (want: string, generation: number) =>
      eventually(() => last()?.want === want && last()?.generation === generation);

    const refused = await client.call(changeSettings, {
      ...call,
      body: { settings: { userName: 'eve', uploadLimitBytes: 1 } },
      commandId: randomUUID(),
    });
    expect(refused.kind === 'refused' && refused.findings.map(({ pointer }) => pointer).toSorted()).toEqual([
      '/settings/uploadLimitBytes',
      '/settings/userName',
    ]);
    const commandId = randomUUID();
    const body = { settings: { page: false } };
    const changed = await ask(changeSettings, { ...call, body, commandId });
    expect(await ask(changeSettings, { ...call, body, commandId })).toEqual(changed);
    expect(await reaches('running', 2)).toBe(true);
    await eventually(() => agent.configurations.at(-1)?.configuration.settings['page'] === false);
    expect(agent.configurations.at(-1)?.configuration.settings).toEqual({ userName: 'ada', page: false });

    await ask(suspendDeployment, { ...call, body: {} });
    expect(await reaches('stopped', 3)).toBe(true);
    await ask(resumeDeployment, { ...call, body: {} });
    expect(await reaches('running', 4)).toBe(true);
    expect((await deploymentOf(operator, deployment)).recorded).toMatchObject({ status: 'live' });

    const { process } = await ask(retireDeployment, { ...call, body: { now: true } });
    expect(await ended(operator, process)).toMatchObject({ status: 'completed' });
    const again = await ask(hosts.get, { params: { host: HOST }, body: {}, principal: staff });
    expect(again.recorded.environments).not.toContain(last()?.environment);
    expect(await order(operator, { name: 'leben.freehold.test' })).toMatchObject({ kind: 'done' });
  }, 180_000);
});
