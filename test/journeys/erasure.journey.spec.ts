/**
 * A person asks to be forgotten: after an operator was erased no byte of its data is found in anything that a real
 * installation keeps, and nothing that can be read has changed otherwise.
 */
import { agreeSubscription, issueKey, operators, registerOperator } from '@freehold/accounts-contract';
import { operatorLog } from '@freehold/audit-contract';
import { deployments, firstAdministrator, retireDeployment } from '@freehold/deployment-contract';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ERASED } from '@freehold/kernel';
import { connectToNats } from '@freehold/platform';
import { eventually } from '@freehold/supervisor/testing';
import { kvStore } from '@freehold/vault';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { type Find, planted, scan } from '../kit/cell-planted.js';
import { files } from '../kit/cell-traces.js';
import { type Installation, type Operator, startInstallation } from '../kit/installation.js';

const token = () => randomBytes(9).toString('hex');
const values: Record<string, string> = {
  'operator name': planted('Verein'),
  contact: `kontakt-${token()}@example.org`,
  'key label': planted('Schlüssel'),
  'domain name': `heim-${token()}.freehold.test`,
  'personal setting': `admin-${token()}`,
};
const value = (what: string): string => values[what] ?? '';

let installation: Installation;
let gone: Operator;
let deployment: string;

beforeAll(async () => {
  installation = await startInstallation();
  gone = await live();
}, 360_000);
afterAll(() => installation.stop());

/** An operator with an application, a key and a changed mind. */
async function live(): Promise<Operator> {
  const { client } = installation;
  const body = { name: value('operator name'), contact: value('contact') };
  const { id: operator } = await client.done(registerOperator, { body });
  const params = { operator };
  await client.done(agreeSubscription, { params, body: { plan: 'small', places: 1 } });
  const { key } = await client.done(issueKey, { params, body: { role: 'owner', label: value('key label') } });
  const by = { operator, key, client: client.as(key) };
  const settings = { userName: value('personal setting') };
  const begun = await installation.order(by, { application: 'radicale', name: value('domain name'), settings });
  expect(await installation.ended(by, begun.process)).toMatchObject({ status: 'completed' });
  ({ deployment } = begun);
  const admin = await by.client.done(firstAdministrator, { params: { operator, deployment } });
  values['first administrator’s password'] = admin.password;
  return by;
}

const freehold = async (...args: string[]) => {
  const { exitCode, stdout, stderr } = await installation.freehold(args);
  return { exitCode, text: `${stdout}${stderr}` };
};
/** Programs that all operators share. */
const RELEASES = join('applications', 'process', 'releases');
/** Everything else that the installation keeps: streams, PostgreSQL with its WAL, logs, journals, folders of applications. */
const found = (): Find[] =>
  scan(
    values,
    files(installation.home).filter(([place]) => !place.startsWith(RELEASES)),
  );
const none: Find[] = [];
/** The key of its data as it lies in the vault: wrapped by the master key. */
async function wrappedKey(operator: string): Promise<string> {
  const env = parseEnv(readFileSync(join(installation.home, 'config', 'accounts.env'), 'utf8'));
  const servers = env['FREEHOLD_NATS_URL'] ?? '';
  const seedFile = join(installation.home, 'keys', 'nats-CELL-admin.seed');
  const admin = await connectToNats({ servers, name: 'tests', seedFile });
  try {
    const record = await (await kvStore(admin)).get(`key.personal.${operator}`);
    return Buffer.from(record ?? []).toString('latin1');
  } finally {
    await admin.close();
  }
}
/** Pieces of 16 characters, without what every age file begins with. */
const piecesOf = (wrapped: string): string[] =>
  wrapped.replace('age-encryption.org/v1\n-> X25519 ', '').match(/[^]{16}/g) ?? [];
/** Files of NATS in which a piece of the key lies. */
const holding = (wrapped: string): string[] =>
  [...files(join(installation.home, 'nats'))]
    .filter(([, text]) => piecesOf(wrapped).some((piece) => text.includes(piece)))
    .map(([place]) => place);

/** What `freehold operator data` writes. */
async function data(): Promise<string> {
  const file = join(installation.folder, 'data.json');
  expect(await freehold('operator', 'data', gone.operator, '--to', file)).toMatchObject({ exitCode: 0 });
  return readFileSync(file, 'utf8');
}
const rows = async (operator: string) => {
  const { client } = installation;
  const asked = { params: { operator }, body: { limit: 200 } };
  const lists = await Promise.all([
    client.done(operators.list, { body: { limit: 200 } }),
    client.done(deployments.list, asked),
    client.done(operatorLog, asked),
  ]);
  return lists.map(({ items }) => items); // how far the log has come meanwhile is another matter
};

describe('an operator with a deployment', () => {
  it('can be read, and its name is where name servers need it: so the search bites', async () => {
    const { recorded } = await gone.client.done(operators.get, { params: gone });
    expect(recorded).toMatchObject({ name: value('operator name'), contact: value('contact') });
    expect(found().map(({ what }) => what)).toContain('domain name');
    expect(readFileSync(join(installation.home, 'config', 'accounts.env'), 'utf8')).toContain('ERASURES_FILE');
  });

  it('is given everything that is held about it, readable', async () => {
    const held = await data();
    for (const what of ['operator name', 'contact', 'key label', 'domain name', 'personal setting'])
      expect(held).toContain(value(what));
    expect(JSON.parse(held)).toMatchObject({
      operator: { recorded: { contact: value('contact') } },
      subscription: { recorded: { places: 1 } },
      deployments: [{ recorded: { id: deployment } }],
      names: [{ recorded: { name: value('domain name') } }],
      history: expect.arrayContaining([expect.objectContaining({ aggregate: 'operator', version: 1 })]),
    });
  });

  it('is neither closed nor erased, with the reasons', async () => {
    expect(await freehold('operator', 'close', gone.operator)).toMatchObject({
      exitCode: 3,
      text: expect.stringContaining('places-taken'),
    });
    expect(await freehold('operator', 'erase', gone.operator, '--yes')).toMatchObject({
      exitCode: 3,
      text: expect.stringContaining('operator-open'),
    });
  });
});

describe('once its deployment is retired and it is closed', () => {
  beforeAll(async () => {
    const params = { operator: gone.operator, deployment };
    const { process } = await gone.client.done(retireDeployment, { params, body: { now: true } });
    expect(await installation.ended(gone, process)).toMatchObject({ status: 'completed' });
    expect(await freehold('operator', 'close', gone.operator)).toMatchObject({ exitCode: 0 });
  }, 180_000);

  it('its keys open nothing, and it may still be read', async () => {
    expect(await gone.client.call(operators.get, { params: gone })).toMatchObject({ problem: { status: 401 } });
    const { recorded } = await installation.client.done(operators.get, { params: gone });
    expect(recorded).toMatchObject({ status: 'closed', name: value('operator name') });
  });

  it('no clear byte of it is left but under its key', async () => {
    // Its name is taken from the name server by a reconciler.
    await eventually(() => found().length === 0, { timeoutMs: 60_000 });
    expect(found()).toEqual(none);
  }, 120_000);
});

describe('after the master key was rotated while everything runs', () => {
  it('nobody was started again, everything opens, and what the old key wrapped is off the disk', async () => {
    const old = await wrappedKey(gone.operator);
    expect(holding(old)).toEqual([expect.stringContaining('KV_VAULT')]);
    const rotated = await freehold('master-key', 'rotate', '--home', installation.home);
    expect(rotated).toMatchObject({ exitCode: 0, text: expect.stringContaining('shred -u') });
    expect(holding(old)).toEqual([]);
    const { recorded } = await installation.client.done(operators.get, { params: gone });
    expect(recorded).toMatchObject({ status: 'closed', name: value('operator name') });
    const another = await installation.registerOperator({ name: 'Another club' });
    const { recorded: shown } = await another.client.done(operators.get, { params: another });
    expect(shown.name).toBe('Another club');
  }, 180_000);
});

describe('erased', () => {
  let wrapped: string;
  beforeAll(async () => {
    wrapped = await wrappedKey(gone.operator);
    expect(piecesOf(wrapped).length).toBeGreaterThan(10);
    expect(holding(wrapped)).toEqual([expect.stringContaining('KV_VAULT')]);
    expect(await freehold('operator', 'erase', gone.operator, '--yes')).toMatchObject({ exitCode: 0 });
  }, 180_000);

  it('shows as erased, in its history too', async () => {
    const { recorded } = await installation.client.done(operators.get, { params: gone });
    expect(recorded).toMatchObject({ status: 'erased', name: ERASED, contact: ERASED });
    const shown = JSON.stringify(await rows(gone.operator));
    expect(
      scan(values, [
        ['answers', shown],
        ['what is held', await data()],
      ]),
    ).toEqual(none);
    expect(await freehold('operator', 'erase', gone.operator, '--yes')).toMatchObject({ exitCode: 0 });
  });

  it('takes its key off the disk', async () => {
    expect(await wrappedKey(gone.operator)).toBe('');
    expect(holding(wrapped)).toEqual([]);
  });

  it('is on the list that a restored cell needs', () => {
    expect(readFileSync(join(installation.home, 'erasures'), 'utf8')).toContain(gone.operator);
  });

  it('stays so after a rebuild, which gives the same rows, and after a restart', async () => {
    const before = await rows(gone.operator);
    expect(await freehold('projections', 'rebuild')).toMatchObject({ exitCode: 0 });
    expect(await eventually(async () => JSON.stringify(await rows(gone.operator)) === JSON.stringify(before))).toBe(
      true,
    );
    await installation.kill();
    await installation.restart();
    expect(await rows(gone.operator)).toEqual(before);
    expect(found()).toEqual(none);
  }, 180_000);
});
