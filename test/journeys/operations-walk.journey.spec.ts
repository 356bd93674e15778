/**
 * Every row of the operations table, walked from the table: who, whose, may they, and is it well formed. A new row is
 * walked without anybody adding it here; there are no exceptions.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OPERATIONS } from '@freehold/gateway';
import { may, type Operation, type Permission, type Principal, Role } from '@freehold/kernel';
import { type CallOptions, OperationClient, signPrincipal } from '@freehold/platform';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { type Cell, type Registered, startCell } from '../kit/cell.js';
import { askHttp, type HttpAsk, problemCode, problemOf } from '../kit/cell-http.js';
import { HOST } from '../kit/cell-services.js';
import { fieldsOf, pathOf, sampleParams } from '../kit/cell-samples.js';

const onHttp = OPERATIONS.filter(({ http }) => http !== undefined);
/** What people's and programs' keys are for; the rest is for other providers, or open to everybody. */
const forKeys = onHttp.filter(({ scope }) => scope !== 'peer' && scope !== 'public');
const forPeers = onHttp.filter(({ scope }) => scope === 'peer');
const rows = (operations: readonly Operation[]) => operations.map((row) => [row.id, row] as const);
/** Roles of keys that people and their programs have. */
const KEY_ROLES = Role.options.filter((role) => !['partner', 'agent', 'process', 'system', 'peer'].includes(role));
const SIGNATURE_MISSING: unknown = expect.objectContaining({ code: 'signature-missing' });
const FAR_TOO_LONG = 'X'.repeat(300);

let cell: Cell;
let mine: Registered;
let other: Registered;
const keys = new Map<Role, string>();

const keyOf = (role: Role): string => keys.get(role) ?? '';
const permissionOf = (row: Operation): Permission => {
  if (row.permission === null) throw new Error(`${row.id} is open to everybody on HTTP`);
  return row.permission;
};
const permitted = (row: Operation) => KEY_ROLES.filter((role) => may(role, permissionOf(row)));
const paramsOf = (row: Operation, given: Readonly<Record<string, string>> = {}) =>
  sampleParams(row, { operator: mine.id, host: HOST, ...given });

/** A well-formed enough request of this row: what is wrong with it is only what the test makes wrong. */
const ask = (row: Operation, { params = {}, query = '', ...asked }: HttpAsk & Wrong = {}) =>
  askHttp(cell.url, pathOf(row, paramsOf(row, params)) + query, {
    method: row.http?.method ?? 'GET',
    ...(row.kind === 'command' ? { body: {} } : {}),
    ...asked,
  });
interface Wrong {
  params?: Readonly<Record<string, string>>;
  query?: string;
}
/** The problem without what differs in every answer. */
const told = async (...asked: Parameters<typeof ask>) => {
  const { correlationId: _, ...problem } = problemOf(await ask(...asked));
  return { ...problem, code: problemCode(problem as ReturnType<typeof problemOf>) };
};

beforeAll(async () => {
  cell = await startCell();
  [mine, other] = await Promise.all([cell.registerOperator(), cell.registerOperator()]);
  for (const role of KEY_ROLES) keys.set(role, await cell.issueKey(mine.id, role));
}, 180_000);
afterAll(() => cell.close());

describe.each(rows(onHttp))('%s in the table', (_id, row) => {
  it('names its parameters in its path', () => {
    const named = [...(row.http?.path.matchAll(/\{(\w+)\}/g) ?? [])].map(([, name = '']) => name);
    expect(new Set(named)).toEqual(new Set(Object.keys(fieldsOf(row.params))));
  });
});

describe.each(rows(forPeers))('%s, for other providers', (_id, row) => {
  it('takes no key, whoever has it, and asks for a signature', async () => {
    const refused = { status: 401, code: 'unauthorized' };
    expect(await told(row)).toMatchObject({ ...refused, errors: expect.arrayContaining([SIGNATURE_MISSING]) });
    for (const role of KEY_ROLES) expect(await told(row, { key: keyOf(role) })).toMatchObject(refused);
    const { headers } = await ask(row);
    expect(headers.get('accept-signature')).toContain('freehold-moving-v1');
  });

  it('carries no operator: whose it is follows from the grant', () => {
    expect(Object.keys(fieldsOf(row.params))).not.toContain('operator');
    expect(row.permission).toBe('move:peer');
  });
});

describe.each(rows(forKeys))('%s over HTTP', (_id, row) => {
  it('asks for a key', async () => {
    expect(await told(row)).toMatchObject({ status: 401, code: 'unauthorized' });
    expect(await told(row, { key: `${mine.key}x` })).toMatchObject({ status: 401, code: 'unauthorized' });
  });

  it('refuses each role without the permission, and names it; what is foreign is not there', async () => {
    const permission = permissionOf(row);
    for (const role of KEY_ROLES.filter((each) => !may(each, permission))) {
      const { status, errors } = await told(row, { key: keyOf(role) });
      expect({ role, status, code: errors[0]?.code }).toEqual({ role, status: 403, code: 'permission-missing' });
      expect(errors[0]?.detail).toContain(permission);
    }
    if (row.scope !== 'operator') return;
    const foreign = await told(row, { key: other.key });
    expect(foreign).toMatchObject({ status: 404, code: 'not-found' });
    expect(foreign).toEqual(await told(row, { key: other.key, params: { operator: randomUUID() } }));
  });

  it('lists everything that is wrong with the parameters', async () => {
    for (const role of permitted(row).slice(0, 1)) {
      const names = Object.keys(fieldsOf(row.params)).filter((name) => name !== 'operator');
      const wrong = Object.fromEntries(names.map((name) => [name, FAR_TOO_LONG]));
      const path = pathOf(row, { ...paramsOf(row), ...wrong });
      // Nothing would be wrong with it: it would be done.
      if (names.length === 0) continue;
      const answer = await askHttp(cell.url, path, { method: row.http?.method ?? 'GET', key: keyOf(role) });
      const { status, errors } = problemOf(answer);
      expect(status).toBe(422);
      expect(errors.map(({ pointer }) => pointer)).toEqual(
        expect.arrayContaining(names.map((name) => `/params/${name}`)),
      );
    }
  });
});

describe.each(rows(forKeys.filter(({ kind }) => kind === 'command')))('%s, a change', (_id, row) => {
  const key = () => keyOf(permitted(row)[0] ?? 'staff-admin');

  it('takes no change without an Idempotency-Key', async () => {
    const missing = { status: 400, code: 'idempotency-key-missing' };
    expect(await told(row, { key: key(), idempotencyKey: null })).toMatchObject(missing);
  });

  it('refuses a body that is no JSON, of another type, or no object', async () => {
    const malformed = { status: 400, code: 'malformed-request' };
    expect(await told(row, { key: key(), body: undefined, text: '{"a":' })).toMatchObject(malformed);
    expect(await told(row, { key: key(), body: undefined, text: '"a"' })).toMatchObject(malformed);
    const type = { 'Content-Type': 'text/plain' };
    expect(await told(row, { key: key(), body: undefined, text: 'a', headers: type })).toMatchObject({ status: 415 });
    expect(await told(row, { key: key(), body: [] })).toMatchObject({ status: 422 });
  });

  it('refuses every field of the wrong kind and every unknown one, all at once', async () => {
    const names = Object.keys(fieldsOf(row.body));
    const body = { ...Object.fromEntries(names.map((name) => [name, 7.5])), 'no-such-field': 1 };
    const { status, errors } = await told(row, { key: key(), body });
    expect(status).toBe(422);
    const found = errors.map(({ pointer, code }) => ({ pointer, code }));
    for (const name of names) expect(found).toContainEqual({ pointer: `/${name}`, code: 'field-invalid' });
    expect(found).toContainEqual({ pointer: '', code: 'field-unknown' });
    for (const { detail, hint } of errors) expect([detail.length > 0, hint.length > 0]).toEqual([true, true]);
  });
});

describe.each(rows(forKeys.filter(({ kind }) => kind === 'query')))('%s, a question', (_id, row) => {
  it('refuses what its query does not take, and fails on nothing', async () => {
    for (const [name, schema] of Object.entries(fieldsOf(row.body))) {
      for (const value of [
        '☃',
        '-1',
        '1:',
        '',
        '999999999999999999999',
        '0001-01-01T00:00:00Z',
        "'; drop table x; --",
      ]) {
        const query = `?${name}=${encodeURIComponent(value)}`;
        const answer = await ask(row, { key: keyOf(permitted(row)[0] ?? 'staff-admin'), query });
        expect({ query, failed: answer.status >= 500 }).toEqual({ query, failed: false });
        if (schema.safeParse(value).success) continue;
        const { status, errors } = problemOf(answer);
        expect({ query, status }).toEqual({ query, status: 422 });
        expect(errors.map(({ pointer }) => pointer)).toContain(`/${name}`);
      }
      const twice = await ask(row, { key: keyOf(permitted(row)[0] ?? 'staff-admin'), query: `?${name}=a&${name}=b` });
      expect(twice.status).toBeLessThan(500);
    }
  });
});

/** A service judges by itself, whoever got a message to it. */
describe.each(rows(OPERATIONS))('%s over NATS', (_id, row) => {
  const call = (client: OperationClient, more: Partial<CallOptions<Operation>> = {}) =>
    client.call(row, { params: paramsOf(row), body: {}, commandId: randomUUID(), ...more });
  const gateway = () => cell.signedBy('gateway');
  const principal = (role: Role, operator: string): Principal => ({
    actor: { kind: 'credential', id: randomUUID() },
    role,
    operator,
  });
  const whose = () => (row.scope === 'operator' ? mine.id : '_');
  const calls = async (client: OperationClient, more: Partial<CallOptions<Operation>> = {}) => [
    await call(client, more),
    ...(row.checkable === true
      ? [await client.check(row, { params: paramsOf(row), body: {}, commandId: randomUUID(), ...more })]
      : []),
  ];

  it('believes nobody without a signature, or with one of a stranger', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const forger = new OperationClient({
      connection: cell.admin,
      sign: (said) => signPrincipal(privateKey, 'gateway', said),
    });
    const open = row.body.safeParse({}).success ? { kind: 'done' } : { kind: 'refused', reason: 'invalid' };
    const expected = row.scope === 'public' ? open : { kind: 'refused', reason: 'unauthorized' };
    for (const answered of await calls(await gateway())) expect(answered).toMatchObject(expected);
    for (const answered of await calls(forger, { principal: principal('staff-admin', whose()) }))
      expect(answered).toMatchObject(expected);
    for (const role of ['agent', 'process', 'system', 'peer'] as const)
      for (const answered of await calls(await gateway(), { principal: principal(role, whose()) }))
        expect(answered).toMatchObject(expected);
  });

  it('is for other providers or not at all', async () => {
    if (row.scope === 'public') return expect(row.permission).toBeNull();
    const others = KEY_ROLES.map((role) => principal(role, whose()));
    const client = await gateway();
    for (const stranger of row.scope === 'peer' ? others : [principalOf('peer')])
      for (const answered of await calls(client, { principal: stranger }))
        expect(answered).toMatchObject({ kind: 'refused', reason: 'unauthorized' });
  });

  it('refuses roles without the permission, and knows nothing of foreign operators and hosts', async () => {
    const { permission } = row;
    if (permission === null) return expect(row.scope).toBe('public');
    if (row.scope === 'peer') return expect(permission).toBe('move:peer');
    const client = await gateway();
    for (const role of KEY_ROLES.filter((each) => !may(each, permission)))
      for (const answered of await calls(client, { principal: principal(role, whose()) }))
        expect(answered).toMatchObject({
          reason: 'forbidden',
          findings: [{ detail: expect.stringContaining(permission) }],
        });
    if (row.scope === 'operator')
      for (const answered of await calls(client, { principal: principal('owner', other.id) }))
        expect(answered).toMatchObject({ kind: 'refused', reason: 'not-found' });
    if (row.scope !== 'host') return;
    const agent = await cell.signedBy(`agent.${HOST}`);
    const actor = { kind: 'agent', id: HOST } as const;
    const elsewhere = { ...paramsOf(row), host: 'another-host' };
    const principalHere = { actor, role: 'agent', operator: '_', host: HOST } as const;
    for (const answered of await calls(agent, { params: elsewhere, principal: principalHere }))
      expect(answered).toMatchObject({ kind: 'refused', reason: 'not-found' });
  });

  it('refuses malformed parameters and bodies with findings', async () => {
    const { permission } = row;
    const [role] = permission === null ? [] : Role.options.filter((each) => may(each, permission));
    const client = await cell.signedBy(signerOf(role ?? 'owner'));
    const names = Object.keys(fieldsOf(row.params)).filter((name) => name !== 'operator' && name !== 'host');
    const params = { ...paramsOf(row), ...Object.fromEntries(names.map((name) => [name, FAR_TOO_LONG])) };
    const answers = await calls(client, {
      params,
      body: 'nothing of this kind',
      ...(role === undefined ? {} : { principal: principalOf(role) }),
    });
    for (const answered of answers) {
      expect(answered).toMatchObject({ kind: 'refused', reason: 'invalid' });
      const pointers = answered.kind === 'refused' ? answered.findings.map(({ pointer }) => pointer) : [];
      expect(pointers).toEqual(expect.arrayContaining(['', ...names.map((name) => `/params/${name}`)]));
    }
  });

  const signerOf = (role: Role): string =>
    role === 'process' ? 'accounts' : role === 'system' ? 'system' : role === 'agent' ? `agent.${HOST}` : 'gateway';
  const principalOf = (role: Role): Principal => {
    const operator = role === 'agent' || role === 'peer' ? '_' : whose();
    const kind = role === 'process' || role === 'system' || role === 'agent' || role === 'peer' ? role : 'credential';
    return { actor: { kind, id: randomUUID() }, role, operator, ...(role === 'agent' ? { host: HOST } : {}) };
  };
});
