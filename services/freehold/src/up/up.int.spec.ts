import { freePort } from '@freehold/supervisor';
import { eventually } from '@freehold/supervisor/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build, InstallationProcess } from './installation-process.fixture.js';

describe('an installation on this machine', () => {
  let installation: InstallationProcess;
  let key: string;

  beforeAll(async () => {
    build();
    installation = new InstallationProcess({ api: await freePort(), router: await freePort() });
    await installation.up();
    key = /fh_cell_\S+/.exec(installation.output)?.[0] ?? '';
  }, 540_000);
  afterAll(() => installation.dispose(), 60_000);

  it('says where it serves and shows the first key', () => {
    expect(installation.output).toMatch(/API +http:\/\/127\.0\.0\.\d+:\d+/);
    expect(installation.output).toMatch(/applications +\*\.freehold\.test at 127\.0\.0\.\d+:\d+/);
    expect(installation.output).toMatch(/names +name server at 127\.0\.0\.\d+:\d+/);
    expect(key).toMatch(/^fh_cell_[0-9a-f-]{36}_[0-9a-f]{64}$/);
    expect(JSON.parse(readFileSync(installation.profile, 'utf8'))).toMatchObject({ key });
  });

  it('keeps keys, configuration and profile from others', () => {
    const keys = join(installation.home, 'keys');
    const config = join(installation.home, 'config');
    const files = [keys, config].flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
    const open = [...files, installation.profile].filter((file) => (statSync(file).mode & 0o077) !== 0);
    expect(open).toEqual([]);
    expect(files.length).toBeGreaterThan(20);
  });

  it('has seeded the catalogue and its host', async () => {
    const apps = JSON.parse((await installation.run('apps', '--json')).out) as { recorded: { application: string } }[];
    expect(apps.map(({ recorded }) => recorded.application).toSorted()).toEqual(['radicale', 'synapse']);
    const statusOf = async (wanted: string): Promise<unknown> => {
      const checks = JSON.parse((await installation.run('doctor', '--home', installation.home, '--json')).out) as {
        name: string;
        status: string;
      }[];
      return checks.find(({ name }) => name === wanted)?.status;
    };
    for (const name of ['hosts', 'names', 'evidence']) {
      expect(await eventually(async () => (await statusOf(name)) === 'ok', { timeoutMs: 60_000 })).toBe(true);
    }
  }, 120_000);

  it('registers an operator, shows it in the history, and replays the time before', async () => {
    const registered = await installation.run(
      ...['operator', 'register', '--name', 'My club', '--contact', 'me@example.org'],
      ...['--plan', 'small', '--places', '3', '--json'],
    );
    expect(registered).toMatchObject({ code: 0, err: '' });
    const { id, position } = JSON.parse(registered.out) as { id: string; position: string };

    const listed = JSON.parse((await installation.run('operator', 'list', '--json')).out) as object[];
    expect(listed).toMatchObject([{ recorded: { id, name: 'My club', contact: 'me@example.org' } }]);

    const history = await installation.run('history', 'operator', 'My club');
    expect(history.out).toContain('operator-registered');
    expect(history.out).toContain('subscription-agreed');

    const [volume, sequence] = position.split(':').map(Number);
    const replay = (at: string) => installation.run('replay', '--at', at, 'operators', '--json');
    expect(JSON.parse((await replay(`${volume}:${(sequence ?? 0) - 1}`)).out)).toMatchObject({ operators: [] });
    expect(JSON.parse((await replay(position)).out)).toMatchObject({ operators: [{ recorded: { id } }] });
  });

  it('answers what is wrong with findings and its exit code', async () => {
    const refused = await installation.run('operator', 'register', '--name', 'x', '--contact', 'nobody');
    expect(refused.code).toBe(3);
    expect(refused.err).toContain('/contact');
    expect((await installation.run('operator', 'show', 'nobody at all')).code).toBe(4);
    expect((await installation.run('operator', 'register')).code).toBe(2);
  });

  it('says that it runs already, and where', async () => {
    const second = await installation.run('up', '--home', installation.home);
    expect(second.code).toBe(3);
    expect(second.err).toMatch(/It runs already at http:\/\/127\.0\.0\.\d+:\d+ \(process \d+\)/);
  });

  it('after SIGKILL leaves its servers, which the next start adopts with everything that was told', async () => {
    const serversBefore = () => installation.processes().filter((line) => /nats-server|postgres/.test(line));
    await installation.end('SIGKILL');
    const left = serversBefore();
    expect(left.length).toBeGreaterThanOrEqual(2);
    await installation.up();
    expect(serversBefore()).toEqual(left);
    expect(installation.output).not.toContain('fh_cell_');
    expect((await installation.run('operator', 'list')).out).toContain('My club');
    expect(JSON.parse(readFileSync(installation.profile, 'utf8'))).toMatchObject({ key });
  }, 270_000);

  it('after Ctrl-C leaves no process', async () => {
    expect(await installation.end('SIGINT')).toBe(0);
    expect(installation.output).toContain('Stopping everything, applications too.');
    expect(installation.processes()).toEqual([]);
    expect((await installation.run('list')).code).toBe(6);
  });

  it.each(['Freehold in', 'NATS and PostgreSQL run', 'keys, streams and database are there', 'services run'])(
    'leaves no process after Ctrl-C at "%s", and starts again',
    async (said) => {
      await installation.upUntil(said);
      expect(await installation.end('SIGINT')).toBe(0);
      expect(installation.processes()).toEqual([]);
    },
    60_000,
  );
});
