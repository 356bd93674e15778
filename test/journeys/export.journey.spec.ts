/**
 * An operator takes a copy home: the application goes on, and the copy opens with tools that know nothing of Freehold.
 * @needs python3
 */
import { checkBag } from '@freehold/bag';
import { deployments, DeploymentSecrets, firstAdministrator } from '@freehold/deployment-contract';
import { moveProcesses, exportsMade, openExport, ProviderDescription } from '@freehold/portability-contract';
import { eventually } from '@freehold/supervisor/testing';
import { openSealed, readIdentityFile } from '@freehold/vault';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CalendarPerson } from '../kit/calendar-person.js';
import { exitOf, spawnFreehold } from '../kit/freehold-command.js';
import { type Installation, type Operator, startInstallation } from '../kit/installation.js';
import { routerFetch } from '../kit/router-agent.js';

const run = promisify(execFile);
const NAME = 'cal.freehold.test';
const CALENDAR = 'trip';

let installation: Installation;
let by: Operator;
let deployment: string;
let profile: string;
let person: CalendarPerson;

beforeAll(async () => {
  installation = await startInstallation();
  by = await installation.registerOperator();
  profile = await profileOf(by, 'operator');
  const order = { application: 'radicale', name: NAME, settings: {} };
  const ordered = await installation.order(by, order);
  expect(await installation.ended(by, ordered.process)).toMatchObject({ status: 'completed', findings: [] });
  deployment = ordered.deployment;
  const params = { operator: by.operator, deployment };
  const { user, password } = await by.client.done(firstAdministrator, { params });
  const { router } = installation;
  const server = { baseUrl: `http://${NAME}:${router.port}`, fetch: routerFetch(router) };
  person = await CalendarPerson.signIn(server, { user, password });
  const calendar = `${server.baseUrl}/${user}/${CALENDAR}/`;
  await person.makeCalendar(calendar, 'A trip');
  for (let n = 0; n < 20; n += 1) await person.write(calendar, `entry-${n}`, `what happens on day ${n}`);
}, 720_000);
afterAll(() => installation[Symbol.asyncDispose](), 60_000);

async function profileOf({ key }: Operator, name: string): Promise<string> {
  const file = join(installation.folder, `${name}.json`);
  await writeFile(file, JSON.stringify({ address: installation.address, key }), { mode: 0o600 });
  return file;
}
const at = (name: string) => join(installation.folder, name);
const exporting = (into: string, ...more: string[]) =>
  installation.freeholdJson(['export', NAME, '--into', into, ...more], { profile, timeoutMs: 360_000 });
const made = async () => {
  const { items } = await by.client.done(exportsMade.list, { params: { operator: by.operator }, body: { limit: 200 } });
  return items.map(({ recorded }) => recorded);
};

describe('a copy taken home', () => {
  it('is a whole bag of plain files, and the application goes on with everything that it had', async () => {
    const before = await person.look();
    const into = at('home.bag');
    const said = await exporting(into);
    expect(said).toMatchObject({ bag: into, keyFile: `${into}.key.txt`, findings: [] });

    const { recorded } = await by.client.done(deployments.get, { params: { operator: by.operator, deployment } });
    expect(recorded).toMatchObject({ status: 'live', epoch: 1 });
    expect(await person.look()).toEqual(before);

    expect(await checkBag(into)).toMatchObject({ findings: [], warnings: [], absent: [] });
    expect((await readdir(into)).toSorted()).toEqual([
      ...['bag-info.txt', 'bagit.txt', 'data', 'manifest-sha256.txt', 'tagmanifest-sha256.txt'],
    ]);
    const collections = join(into, 'data/parts/collections');
    const texts = await Promise.all(
      (await readdir(collections, { recursive: true }))
        .filter((path) => path.endsWith('.ics') && path.includes(`/${CALENDAR}/`) && !path.includes('.Radicale.cache'))
        .map((path) => readFile(join(collections, path), 'utf8')),
    );
    const days = texts.map((text) => Number(/day (\d+)/.exec(text)?.[1])).toSorted((one, other) => one - other);
    expect(days).toEqual(Array.from({ length: 20 }, (_, n) => n));
    expect(JSON.parse(await readFile(join(into, 'data/deployment.json'), 'utf8'))).toMatchObject({ tenure: 'none' });
    expect(await readFile(join(into, 'data/README.txt'), 'utf8')).toContain('bagit.py --validate');
  }, 540_000);

  it('has its whole history, proven up to its last commit by the log’s key, and says where it was changed', async () => {
    const into = at('home.bag');
    const described = await fetch(new URL('/.well-known/freehold', installation.address));
    const { logKey } = ProviderDescription.parse(await described.json());
    const verification = (...more: string[]) => ['audit', 'verify', into, '--key', logKey ?? '', ...more];
    const file = join(into, 'data/history.jsonl');
    const text = await readFile(file, 'utf8');
    const lines = text.trimEnd().split('\n');
    expect(await installation.freeholdJson(verification())).toMatchObject({
      valid: true,
      commits: lines.length,
      warnings: [],
    });
    const checked = await installation.freeholdJson(['bag', 'check', into, '--key', logKey ?? '']);
    expect(checked).toMatchObject({ valid: true, history: { commits: lines.length } });
    const { position } = JSON.parse(lines[2] ?? '') as { position: string };
    await writeFile(file, text.replace(lines[2] ?? '', lines[2]?.replace('"time":"1', '"time":"2') ?? ''));
    const changed = await installation.freehold(verification('--json'));
    expect(changed).toMatchObject({ exitCode: 3, stdout: expect.stringContaining(`"/commits/${position}"`) });
    await writeFile(file, text);
  }, 180_000);

  it('is valid for the reference implementation, and for sha256sum', async () => {
    const venv = at('venv');
    await run('python3', ['-m', 'venv', venv]);
    await run(join(venv, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', 'bagit==1.9.0']);
    const validate = () => run(join(venv, 'bin/python'), [join(venv, 'bin/bagit.py'), '--validate', at('home.bag')]);
    await expect(validate()).resolves.toBeDefined();
    const sums = ['--check', '--quiet', 'manifest-sha256.txt', 'tagmanifest-sha256.txt'];
    await expect(run('sha256sum', sums, { cwd: at('home.bag') })).resolves.toMatchObject({ stdout: '' });
    const readme = join(at('home.bag'), 'data/README.txt');
    const text = await readFile(readme, 'utf8');
    await writeFile(readme, `${text}!`);
    await expect(validate()).rejects.toThrow();
    await writeFile(readme, text);
  }, 540_000);

  it('has secrets that open with the key beside it', async () => {
    const file = `${at('home.bag')}.key.txt`;
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const identity = await readIdentityFile(file);
    const sealed = readFileSync(join(at('home.bag'), 'data/secrets.age'), 'utf8');
    const { secrets } = DeploymentSecrets.parse(await openSealed(identity?.identity ?? '', sealed));
    expect(Object.keys(secrets).length).toBeGreaterThan(0);
    for (const secret of Object.values(secrets)) expect(sealed).not.toContain(secret);
  });

  it('goes on where it was when the command is killed and given again', async () => {
    const into = at('again.bag');
    const options = { profile };
    const child = spawnFreehold(['export', NAME, '--into', into], options);
    const ended = exitOf(child);
    const note = () => (existsSync(`${into}.export.json`) ? readFileSync(`${into}.export.json`, 'utf8') : '');
    expect(await eventually(() => note().includes('"process"'), { timeoutMs: 90_000 })).toBe(true);
    child.kill('SIGKILL');
    await ended;
    const id = /"export": "([^"]+)"/.exec(note())?.[1];
    expect(await exporting(into)).toMatchObject({ export: id, findings: [] });
    expect((await made()).map(({ status }) => status)).toEqual(['ready', 'ready']); // the first test's, and this one
    expect(existsSync(`${into}.export.json`)).toBe(false);
  }, 540_000);

  it('is not put over something else, and says so', async () => {
    const answer = await installation.freehold(['export', NAME, '--into', at('home.bag')], { profile });
    expect(answer).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('There is something at') });
    const noKey = await installation.freehold(['export', NAME, '--into', at('x.bag'), '--key', at('none')], {
      profile,
    });
    expect(noKey).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('There is no key file') });
  }, 180_000);

  it('does not exist for another operator', async () => {
    const other = await installation.registerOperator({ name: 'Others' });
    const [one] = await made();
    const foreign = { operator: by.operator, export: one?.id ?? '' };
    const own = { operator: other.operator, export: one?.id ?? '' };
    for (const params of [foreign, own]) {
      for (const row of [exportsMade.get, exportsMade.history, openExport])
        expect(await other.client.call(row, { params })).toMatchObject({ status: 404 });
    }
    const refused = await installation.freehold(['export', deployment, '--into', at('theirs.bag')], {
      profile: await profileOf(other, 'other'),
    });
    expect(refused.exitCode).toBe(4);
    expect(existsSync(at('theirs.bag'))).toBe(false);
  }, 180_000);

  it('is kept for seven days, and erased at once when its process is undone', async () => {
    const [one] = (await made()).filter(({ status }) => status === 'ready');
    const params = { operator: by.operator, export: one?.id ?? '' };
    const days = (Date.parse(one?.until ?? '') - Date.now()) / (24 * 3_600_000);
    expect([Math.ceil(days), (await by.client.call(openExport, { params })).status]).toEqual([7, 200]);
    const folder = join(installation.home, 'applications', 'moves', params.export);
    expect(existsSync(join(folder, 'bag'))).toBe(true);
    await installation.freehold(['work', 'undo', one?.process ?? '']);
    expect(await by.client.call(openExport, { params })).toMatchObject({ status: 422 });
    expect(existsSync(folder)).toBe(false);
    const list = await by.client.done(moveProcesses.list, { params: { operator: by.operator }, body: { limit: 200 } });
    expect(list.items.map(({ recorded }) => recorded).find(({ id }) => id === one?.process)?.status).toBe('failed');
  }, 180_000);
});
