import {
  authenticate,
  issueKey,
  operatorKeys,
  operators,
  registerOperator,
  reservePlace,
  resumeOperator,
  revokeKey,
  suspendOperator,
} from '@freehold/accounts-contract';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Position, Principal, Role } from '@freehold/kernel';
import type { AggregateStore } from '@freehold/log';
import { AGGREGATES, OperationClient, readSigningKey, type RunningService, signPrincipal } from '@freehold/platform';
import { bootReady, contextGround } from '@freehold/platform/testing';
import { type ClaimedGround, claimGround } from '@freehold/supervisor/testing';
import { randomUUID } from 'node:crypto';
import { subscriptionAggregate, subscriptionName } from './aggregates.js';
import { accountsService } from './index.js';

const DEPLOYMENT = '00000000-0000-4000-8000-000000000003';

describe('accounts, as the gateway asks it', () => {
  let ground: ClaimedGround;
  let service: RunningService;
  let client: OperationClient;
  let processes: OperationClient;

  const as = (role: Role, operator: string): Principal => ({
    actor: { kind: 'credential', id: randomUUID() },
    role,
    operator,
  });
  const staff = as('staff-admin', '_');
  const register = (commandId = randomUUID()) =>
    client.call(registerOperator, {
      params: {},
      body: { name: 'Verein Morgenrot', contact: 'vorstand@morgenrot.example' },
      principal: staff,
      commandId,
    });
  const registered = async () => {
    const answered = await register();
    if (answered.kind !== 'done') throw new Error(JSON.stringify(answered));
    return answered;
  };

  beforeAll(async () => {
    ground = await claimGround();
    const contexts = await contextGround(ground, ['accounts'], ['gateway', 'deployment']);
    service = await bootReady({ ...accountsService, config: contexts.configurationOf('accounts') });
    const connection = await ground.connect();
    const clientOf = async (signer: 'gateway' | 'deployment') => {
      const key = await readSigningKey(contexts.signingKeyFile(signer));
      return new OperationClient({ connection, sign: (principal) => signPrincipal(key, signer, principal) });
    };
    client = await clientOf('gateway');
    processes = await clientOf('deployment');
  });
  afterAll(async () => {
    await service.stop();
    await ground.release();
  });

  it('registers an operator and shows it, then and now', async () => {
    const { reply, position } = await registered();
    const shown = await client.call(operators.get, {
      params: { operator: reply.id },
      body: { after: position ?? undefined },
      principal: as('owner', reply.id),
    });
    expect(shown).toMatchObject({
      kind: 'done',
      reply: { recorded: { name: 'Verein Morgenrot', contact: 'vorstand@morgenrot.example', status: 'active' } },
    });
    const past = await client.call(operators.get, {
      params: { operator: reply.id },
      body: { at: position ?? undefined },
      principal: as('owner', reply.id),
    });
    expect(past).toMatchObject({ kind: 'done', reply: { recorded: { status: 'active' }, position } });
    expect(JSON.stringify(past)).toEqual(JSON.stringify(shown));
  });

  it('answers the same command the same way, with one effect', async () => {
    const commandId = randomUUID();
    const first = await register(commandId);
    expect(await register(commandId)).toEqual(first);
    if (first.kind !== 'done') throw new Error('was not registered');
    const history = await client.call(operators.history, {
      params: { operator: first.reply.id },
      body: {},
      principal: staffOf(first.reply.id),
    });
    expect(history).toMatchObject({ kind: 'done', reply: { items: [{ version: 1 }], next: null } });
  });

  it('keeps personal data out of the log', async () => {
    const { reply } = await registered();
    const connection = await ground.connect();
    const raw = await connection.request(
      '$JS.API.STREAM.MSG.GET.LOG_1',
      JSON.stringify({ last_by_subj: `log.*.accounts.${reply.id}.operator.${reply.id}` }),
    );
    const { message } = raw.json<{ message?: { data: string } }>();
    const body = Buffer.from(message?.data ?? '', 'base64').toString();
    expect(body).toContain('$enciphered');
    expect(body).not.toContain('Morgenrot');
    expect(body).not.toContain('vorstand');
  });

  it('gives out a key that opens until it is revoked', async () => {
    const { reply: operator } = await registered();
    const commandId = randomUUID();
    const call = {
      params: { operator: operator.id },
      body: { role: 'reader' },
      principal: staffOf(operator.id),
      commandId,
    } as const;
    const issued = await client.call(issueKey, call);
    expect(await client.call(issueKey, call)).toEqual(issued);
    if (issued.kind !== 'done') throw new Error(JSON.stringify(issued));
    const [, owner, credential, secret] = issued.reply.key.split('_');
    const body = { operator: String(owner), credential: String(credential), secret: String(secret) };
    expect(await client.call(authenticate, { params: {}, body })).toMatchObject({
      kind: 'done',
      reply: { principal: { role: 'reader', operator: operator.id } },
    });
    const wrong = { kind: 'refused', reason: 'unauthorized' };
    expect(await client.call(authenticate, { params: {}, body: { ...body, secret: 'x' } })).toMatchObject(wrong);
    expect(await client.call(authenticate, { params: {}, body: { ...body, operator: 'cell' } })).toMatchObject(wrong);
    await client.call(revokeKey, {
      params: { operator: operator.id, key: issued.reply.id },
      body: {},
      principal: staffOf(operator.id),
      commandId: randomUUID(),
    });
    expect(await client.call(authenticate, { params: {}, body })).toMatchObject(wrong);
  });

  it('lists the keys that an operator had at a moment, page by page, and nobody else’s', async () => {
    const [one, other] = [await registered(), await registered()];
    const issue = async (operator: string) => {
      const call = { params: { operator }, body: { role: 'reader' }, principal: staffOf(operator) } as const;
      const issued = await client.call(issueKey, { ...call, commandId: randomUUID() });
      if (issued.kind !== 'done' || issued.position === null) throw new Error(JSON.stringify(issued));
      return { id: issued.reply.id, at: issued.position };
    };
    const keys = [await issue(one.reply.id), await issue(one.reply.id)];
    const foreign = await issue(other.reply.id);
    const last = await issue(one.reply.id);
    const listed = async (at: Position, page: { limit?: number; cursor?: string } = {}) => {
      const params = { operator: one.reply.id };
      const body = { at, ...page };
      const found = await client.call(operatorKeys.list, { params, body, principal: as('owner', one.reply.id) });
      if (found.kind !== 'done') throw new Error(JSON.stringify(found));
      return { ids: found.reply.items.map(({ recorded }) => recorded.id), next: found.reply.next };
    };
    const both = keys.map(({ id }) => id).toSorted();
    expect(await listed(foreign.at)).toEqual({ ids: both, next: null });
    const first = await listed(foreign.at, { limit: 1 });
    expect(first).toEqual({ ids: [both[0]], next: expect.any(String) });
    expect(await listed(foreign.at, { limit: 1, cursor: String(first.next) })).toEqual({ ids: [both[1]], next: null });
    expect((await listed(last.at)).ids).toHaveLength(3);
  });

  it('answers the repeat of a reservation also when the operator was suspended since', async () => {
    const { reply: operator } = await registered();
    const execute = { definition: subscriptionAggregate, name: subscriptionName(operator.id) };
    const aggregates = service.app.get<AggregateStore>(AGGREGATES, { strict: false });
    const meta = { commandName: 'test', digest: '', actor: staff.actor, cause: null };
    await aggregates.execute({
      ...execute,
      command: { type: 'agree', plan: 'small', places: 1 },
      meta: { ...meta, commandId: randomUUID(), correlation: randomUUID() },
    });
    const process = { ...as('process', operator.id), actor: { kind: 'process', id: randomUUID() } } as const;
    const call = (commandId: string) =>
      processes.call(reservePlace, {
        params: { operator: operator.id },
        body: { deployment: DEPLOYMENT },
        principal: process,
        commandId,
      });
    const commandId = randomUUID();
    const first = await call(commandId);
    expect(first).toMatchObject({ kind: 'done' });
    await client.call(suspendOperator, {
      params: { operator: operator.id },
      body: {},
      principal: staffOf(operator.id),
      commandId: randomUUID(),
    });
    expect(await call(commandId)).toEqual(first);
    expect(await call(randomUUID())).toMatchObject({ findings: [{ code: 'operator-suspended' }] });
  });

  it('tells what is recorded otherwise at two moments, and by which commits', async () => {
    const { reply: operator, position: from } = await registered();
    const params = { operator: operator.id };
    const change = async (row: typeof suspendOperator | typeof resumeOperator) => {
      const answered = await client.call(row, {
        params,
        body: {},
        principal: staffOf(operator.id),
        commandId: randomUUID(),
      });
      return answered.kind === 'done' ? answered.position : null;
    };
    const [suspended, resumed] = [await change(suspendOperator), await change(resumeOperator)];
    const changes = async (body: { from: Position; to?: Position | undefined; before?: Position; limit?: number }) =>
      client.call(operators.changes, { params, body, principal: as('owner', operator.id) });
    const at = async (position: Position | null) => {
      const body = { at: position ?? undefined };
      const shown = await client.call(operators.get, { params, body, principal: as('owner', operator.id) });
      if (shown.kind !== 'done') throw new Error(JSON.stringify(shown));
      const { observed: _, ...recorded } = shown.reply;
      return recorded;
    };
    if (from === null || suspended === null || resumed === null) throw new Error('nothing was changed');

    const told = await changes({ from, to: suspended });
    const patch = [{ op: 'replace', path: '/status', value: 'suspended' }];
    expect(told).toMatchObject({ reply: { from, to: suspended, was: await at(from), is: await at(suspended), patch } });
    const by = { actor: staff.actor, command: { name: 'accounts.suspend-operator' }, cause: null };
    expect(told).toMatchObject({ reply: { commits: [{ position: suspended, ...by }], next: null } });

    const both = await changes({ from, limit: 1 });
    expect(both).toMatchObject({ reply: { patch: [], commits: [{ position: resumed }], next: resumed } });
    expect(await changes({ from, before: resumed })).toMatchObject({ reply: { commits: [{ position: suspended }] } });

    const whole = await changes({ from: '1:0', to: from });
    const { recorded } = await at(from);
    expect(whole).toMatchObject({ reply: { was: null, patch: [{ op: 'replace', path: '', value: recorded }] } });
    expect(recorded).toMatchObject({ name: 'Verein Morgenrot' });
  });

  it('finds no changes before there was anything, of another operator, or backwards', async () => {
    await registered();
    const { reply: operator, position } = await registered();
    const ask = (body: { from: Position; to?: Position }, principal = as('owner', operator.id)) =>
      client.call(operators.changes, { params: { operator: operator.id }, body, principal });
    expect(await ask({ from: '1:0', to: '1:1' })).toMatchObject({ kind: 'refused', reason: 'not-found' });
    expect(await ask({ from: '1:0' }, as('owner', randomUUID()))).toMatchObject({ reason: 'not-found' });
    expect(await ask({ from: '1:0' }, as('reader', operator.id))).toMatchObject({ reason: 'forbidden' });
    expect(await ask({ from: position ?? '1:9', to: '1:1' })).toMatchObject({
      reason: 'invalid',
      findings: [{ pointer: '/from', code: 'moments-reversed' }],
    });
  });

  const staffOf = (operator: string): Principal => ({ ...staff, operator });
});
