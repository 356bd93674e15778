/** Personal data and secrets, planted through the API, lie nowhere in the clear, in whatever form. */
import { issueKey, operators, registerOperator } from '@freehold/accounts-contract';
import { deployments, firstAdministrator } from '@freehold/deployment-contract';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startLogging } from '@freehold/platform';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { type Cell, startCell } from '../kit/cell.js';
import { askHttp } from '../kit/cell-http.js';
import { followed, order } from '../kit/cell-orders.js';
import { type Find, planted, scan } from '../kit/cell-planted.js';
import { files, osProcesses, storedMessages, tables } from '../kit/cell-traces.js';

const logged: string[] = [];
const problems: [string, string][] = [];
const token = randomBytes(6).toString('hex');
const values: Record<string, string> = {
  'operator name': planted('Verein'),
  contact: `kontakt-${randomBytes(9).toString('hex')}@example.org`,
  'key label': planted('Schlüssel'),
  'domain name': `heim-${token}.freehold.test`,
  'personal setting': `admin-${randomBytes(9).toString('hex')}`,
  'changed contact': `neu-${randomBytes(9).toString('hex')}@example.org`,
};

let cell: Cell;

async function plant(): Promise<void> {
  const { id } = await cell.staff.done(registerOperator, {
    body: { name: values['operator name'] ?? '', contact: values['contact'] ?? '' },
  });
  const { key } = await cell.subscribe(id);
  const labelled = await cell.staff.done(issueKey, {
    params: { operator: id },
    body: { role: 'owner', label: values['key label'] },
  });
  Object.assign(values, {
    'owner’s key': secretOf(key),
    'second key': secretOf(labelled.key),
    'staff key': secretOf(cell.staffKey),
  });
  const owner = cell.client(key);
  const settings = { userName: values['personal setting'] ?? '' };
  const wish = { name: values['domain name'] ?? '', settings };
  const ordered = await order(id, owner, wish);
  if (ordered.kind !== 'done') throw new Error(JSON.stringify(ordered.problem));
  expect(await followed(id, owner, ordered.reply.process)).toMatchObject({ status: 'completed' });
  const params = { operator: id, deployment: ordered.reply.deployment };
  values['first administrator’s password'] = (await owner.done(firstAdministrator, { params })).password;
  const after = await cell.log.head();
  const { recorded } = await owner.done(deployments.get, { params, body: { after } });
  expect(recorded.names).toMatchObject([{ name: values['domain name'] }]);
  expect(recorded.settings).toMatchObject(settings);
  await collectProblems(id, key, params.deployment);
}

/** Errors of all kinds, about requests that contain what was planted. */
async function collectProblems(id: string, key: string, deployment: string): Promise<void> {
  const path = `/v1/operators/${id}/deployments`;
  const tell = async (where: string, asked: Parameters<typeof askHttp>[2]) => {
    const { status, text } = await askHttp(cell.url, where, { key, ...asked });
    expect(status).toBeGreaterThanOrEqual(400);
    problems.push([`${status} ${where}`, text]);
  };
  const settings = { userName: 7, page: values['personal setting'] };
  await tell(path, { method: 'POST', body: { application: 'radicale', name: values['domain name'], settings } });
  await tell(path, { method: 'POST', body: { application: 'nonesuch', name: values['contact'] } });
  await tell(`${path}/${deployment}/settings`, {
    method: 'POST',
    body: { settings: { userName: values['changed contact'] } },
  });
  await tell('/v1/operators', {
    method: 'POST',
    key: cell.staffKey,
    body: { name: 7, contact: values['operator name'] },
  });
  await tell(`${path}?cursor=x&limit=${encodeURIComponent(values['contact'] ?? '')}`, {});
  await tell(`/v1/${encodeURIComponent(values['domain name'] ?? '')}`, {});
  await tell(path, { key: `${key}${values['second key']}` });
}

const secretOf = (key: string): string => key.split('_').at(-1) ?? '';
const collected = async (places: AsyncIterable<readonly [string, string]>) =>
  scan(values, await Array.fromAsync(places));
const none: Find[] = [];
/** What name servers answer to everybody must be known to them (bucket ZONES). */
const isPublished = ({ what, place }: Find): boolean => what === 'domain name' && place.includes('KV_ZONES');

beforeAll(async () => {
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      logged.push(chunk.toString());
      done();
    },
  });
  startLogging({ level: 'trace', destination });
  cell = await startCell({ logLevel: 'trace' });
  await plant();
}, 180_000);
afterAll(() => cell.close());

describe('what was planted is not in the clear in', () => {
  it('any stored message, subject or header', async () => {
    expect((await collected(storedMessages(cell))).filter((find) => !isPublished(find))).toEqual(none);
  });

  it('the files of NATS', async () => {
    const manager = await jetstreamManager(cell.admin);
    await manager.streams.add({ name: 'CONTROL', subjects: ['control.>'] });
    await jetstream(cell.admin).publish('control.file', values['operator name'] ?? '');
    // <run>/work/<claim>: beside work/ lies what the servers store.
    const found = scan(values, files(join(dirname(dirname(cell.ground.folder)), 'nats')));
    await manager.streams.delete('CONTROL');
    expect(found.length).toBeGreaterThan(0);
    for (const { place } of found.filter((find) => !isPublished(find))) expect(place).toContain('/CONTROL/');
  });

  it('the agent’s journal and records', () => {
    const found = scan(values, files(join(cell.ground.folder, 'agent')));
    // The router must know the name it serves.
    expect(found.filter(({ what }) => what !== 'domain name')).toEqual(none);
  });

  it('any row of the read models', async () => {
    expect(await collected(tables(cell))).toEqual(none);
  });

  it('any log line, of which there are many', () => {
    expect(logged.length).toBeGreaterThan(100);
    expect(
      scan(
        values,
        logged.map((line) => ['log', line] as const),
      ),
    ).toEqual(none);
  });

  it('any problem', () => {
    expect(problems).toHaveLength(7);
    expect(scan(values, problems)).toEqual(none);
  });

  it('any command line or environment', () => {
    expect(scan(values, osProcesses())).toEqual(none);
  });
});

describe('the search', () => {
  it.each([
    ['plain', (text: string) => text],
    ['base64', (text: string) => Buffer.from(`ab${text}`).toString('base64')],
    ['base64url', (text: string) => Buffer.from(`a${text}`).toString('base64url')],
    ['hexadecimal', (text: string) => Buffer.from(text).toString('hex')],
    ['URL-encoded', encodeURIComponent],
    ['JSON in JSON', (text: string) => JSON.stringify(JSON.stringify({ text }))],
  ])('finds a planted value that lies in a stream: %s', async (form, encode) => {
    const manager = await jetstreamManager(cell.admin);
    await manager.streams.add({ name: 'CONTROL', subjects: ['control.>'] });
    await jetstream(cell.admin).publish(`control.${form.length}`, encode(values['operator name'] ?? ''));
    const found = await collected(storedMessages(cell));
    await manager.streams.delete('CONTROL');
    expect(found.map(({ place, what }) => [place.split(':')[0], what])).toContainEqual(['CONTROL', 'operator name']);
  });

  it('finds what is there for who may see it', async () => {
    const { items } = await cell.staff.done(operators.list, { body: { limit: 200 } });
    expect(scan(values, [['operators', JSON.stringify(items)]]).map(({ what }) => what)).toContain('operator name');
  });
});
