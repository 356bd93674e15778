import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AnsweringApi } from '../../cli/command-run.fixture.js';

const id = (digit: string) => `${digit.repeat(8)}-0000-4000-8000-000000000000`;
const [operator, deployment, departure, arrival, process] = [id('a'), id('b'), id('c'), id('d'), id('e')];
const OPERATOR = `/v1/operators/${operator}`;
const peer = { provider: 'https://cloud.example', fingerprint: '9f2c 01ab' };
const changed = { position: '1:9', version: 1 };

const departing = {
  ...{ id: departure, operator, deployment, lineage: deployment, status: 'bound', to: null, by: peer },
  ...{ confirmed: false, expires: '2099-01-01T00:00:00Z', deadline: null },
  process: null,
  ifAbandoned: 'The target would throw away what it has copied. It runs here as before.',
};
const arriving = {
  ...{ id: arrival, operator, process, source: peer, departure, deployment, lineage: deployment, epoch: 2 },
  ...{ application: 'synapse', version: '1.150.0', status: 'under-way', comparison: null },
  ifAbandoned: 'What was copied here would be thrown away.',
};
const comparison = {
  equal: true,
  parts: [{ part: 'database', name: 'events', count: 1204, digest: 'd' }],
  differences: [],
  identity: { before: { key: 'ed25519:a' }, after: { key: 'ed25519:a' } },
};
const shown = (recorded: object, observed: object | null = null) => ({ recorded, observed, etag: 1, position: '1:9' });
const liveDeployment = {
  ...{ id: deployment, operator, application: 'synapse', version: '1.150.0', plan: 'small', status: 'live' },
  names: [{ purpose: 'web', name: 'chat.freehold.test' }],
  ...{ settings: {}, host: null, orderedAt: '2026-11-21T12:00:00Z', eraseAt: null, epoch: 1, lineage: deployment },
  ...{ environment: deployment, identity: null, hasFirstAdministrator: true },
};
const page = (...items: object[]) => ({ items, next: null, position: '1:9' });
const step = (name: string, state: string) => ({
  ...{ name, state, attempt: 1 },
  ...{ startedAt: '2026-11-21T12:00:00Z', endedAt: state === 'done' ? '2026-11-21T12:00:07Z' : null },
});
const running = (status: string, copying: string, findings: object[] = [], activity: string | null = null) =>
  shown(
    {
      ...{ id: process, operator, kind: 'arrive', deployment, status, findings },
      ...{ failure: null, stuck: null, actions: [] },
      steps: [step('place', 'done'), step('copy', copying)],
      ...{ startedAt: '2026-11-21T12:00:00Z', endedAt: null },
    },
    { activity },
  );

describe('freehold move', () => {
  let api: AnsweringApi;
  beforeEach(async () => {
    api = (await AnsweringApi.start(`fh_${operator}_x_y`))
      .on(`GET ${OPERATOR}/departures`, page(shown(departing)))
      .on(`GET ${OPERATOR}/arrivals`, page(shown(arriving)));
  });
  afterEach(() => api[Symbol.asyncDispose]());

  describe('grant', () => {
    const granted = { ...changed, id: departure, grant: 'freehold-grant.abc', expires: '2099-01-01T00:00:00Z' };
    beforeEach(() => {
      api.on(`GET ${OPERATOR}/deployments`, page(shown(liveDeployment)));
    });

    it('prints the grant alone, and beside it for whom, until when, and what comes next', async () => {
      api.on(`POST ${OPERATOR}/departures`, { ...granted, to: peer });
      const run = await api.run('move', 'grant', 'chat.freehold.test', '--to', peer.provider, '--hours', '48');
      expect(run).toMatchObject({ exitCode: 0, out: 'freehold-grant.abc' });
      expect(run.err).toContain('For https://cloud.example, fingerprint 9f2c 01ab');
      expect(run.err).toMatch(/^Ends in \d+ d/m);
      expect(run.err).toContain('freehold move take -');
      expect(api.changes().map(({ body }) => body)).toEqual([{ deployment, to: peer.provider, hours: 48 }]);
    });

    it('tells that whoever brings it has to be confirmed', async () => {
      api.on(`POST ${OPERATOR}/departures`, { ...granted, to: null });
      const { err } = await api.run('move', 'grant', 'bbbb');
      expect(err).toContain('names and sizes only');
      expect(err).toContain('freehold move status cccccccc');
    });

    it.each(['0', '721', '1.5'])('is for whole hours up to thirty days, not %s', async (hours) => {
      expect(await api.run('move', 'grant', 'bbbb', '--hours', hours)).toMatchObject({ exitCode: 2 });
      expect(api.changes()).toEqual([]);
    });
  });

  it('confirms who came by the fingerprint', async () => {
    api.on(`POST ${OPERATOR}/departures/${departure}/confirm`, { ...changed, id: departure });
    const run = await api.run('move', 'confirm', 'cccc', '--fingerprint', '9f2c 01ab');
    expect(run).toMatchObject({ exitCode: 0, out: expect.stringContaining('Confirmed') });
    expect(api.changes()).toMatchObject([{ body: { fingerprint: '9f2c 01ab' } }]);
    expect(await api.run('move', 'confirm', 'cccc')).toMatchObject({ exitCode: 2 });
    expect(await api.run('move', 'confirm', 'dddd', '--fingerprint', 'x')).toMatchObject({ exitCode: 4 });
  });

  describe('take', () => {
    beforeEach(() => {
      const taken = { ...changed, id: arrival, process, deployment, arrival };
      writeFileSync(join(api.folder, 'grant.txt'), 'freehold-grant.\nabc\n');
      api.on(`POST ${OPERATOR}/arrivals`, taken);
      api.on(`GET ${OPERATOR}/arrivals/${arrival}`, shown({ ...arriving, status: 'completed', comparison }));
    });
    const take = (...more: string[]) => api.run('move', 'take', `@${join(api.folder, 'grant.txt')}`, ...more);
    const progress = `GET ${OPERATOR}/moves/${process}/progress`;

    it('follows the arrival to its end, and shows what was compared', async () => {
      const busy = running('running', 'awaiting', [], 'round 1: 2 of 9 files, 1 of 4 MB, 12 MB/s, 1 s left');
      api.on(progress, busy, running('completed', 'done'));
      const { exitCode, out } = await take('--plan', 'small');
      expect(exitCode).toBe(0);
      expect(out).toContain(
        'copy: is under way\n  round 1: 2 of 9 files, 1 of 4 MB, 12 MB/s, 1 s left\ncopy: done (7.0 s)',
      );
      expect(out).toMatch(/^database +events +1,204 +yes$/m);
      expect(out).toMatch(/^key +ed25519:a +yes$/m);
      expect(out).toContain('It is live here after');
      expect(api.changes()).toMatchObject([{ body: { grant: 'freehold-grant.abc', plan: 'small' } }]);
    });

    it('ends with 7 and what differs when it was undone', async () => {
      const finding = { pointer: '/database/events', code: 'state-differs', detail: '1 row less', hint: 'Try again.' };
      const differences = [{ part: 'database', name: 'events', what: 'count', before: '1205', after: '1204' }];
      const different = { ...comparison, equal: false, differences };
      api.on(progress, running('failed', 'undone', [finding]));
      api.on(`GET ${OPERATOR}/arrivals/${arrival}`, shown({ ...arriving, status: 'abandoned', comparison: different }));
      const { exitCode, out, err } = await take();
      expect(exitCode).toBe(7);
      expect(err).toContain('/database/events 1 row less (state-differs)');
      expect(out).toMatch(/events +1,204 +NO: count 1205 → 1204/);
    });

    it('answers programs with one document', async () => {
      api.on(progress, running('completed', 'done'));
      const { out } = await take('--json');
      expect(JSON.parse(out)).toMatchObject({ arrival, process, outcome: 'completed', comparison: { equal: true } });
    });

    it('does not wait when it need not', async () => {
      const { exitCode, out } = await take('--no-wait');
      expect([exitCode, out]).toEqual([0, expect.stringContaining('freehold move status dddddddd')]);
      expect(api.asked.filter(({ path }) => path.endsWith('/progress'))).toEqual([]);
    });
  });

  describe('status', () => {
    it('lists both sides', async () => {
      const { out } = await api.run('move', 'status');
      expect(out).toMatch(/^cccccccc-\S+ +departure +bbbbbbbb +bound +https:\/\/cloud\.example +expires in/m);
      expect(out).toMatch(/^dddddddd-\S+ +arrival +bbbbbbbb +under-way +https:\/\/cloud\.example$/m);
    });

    it('shows a departure with who came, and what to type to confirm it', async () => {
      const { out } = await api.run('move', 'status', 'cccc');
      expect(out).toContain('brought by  https://cloud.example, fingerprint 9f2c 01ab');
      expect(out).toContain('If abandoned now: The target would throw away');
      expect(out).toContain('freehold move confirm cccccccc --fingerprint "9f2c 01ab"');
    });

    it('shows the steps of the departure that is under way, and its deadline', async () => {
      const sealed = { ...departing, status: 'sealed', confirmed: true, deadline: '2099-01-01T00:00:00Z' };
      const { recorded } = running('running', 'awaiting');
      const older = { ...recorded, id: id('f'), kind: 'depart', startedAt: '2026-11-20T12:00:00Z' };
      api.on(`GET ${OPERATOR}/departures`, page(shown(sealed)));
      api.on(`GET ${OPERATOR}/moves`, page(shown(older), shown({ ...recorded, kind: 'depart' }), shown(recorded)));
      api.on(`GET ${OPERATOR}/moves/${process}/progress`, running('running', 'awaiting', [], 'captures: database'));
      const { out } = await api.run('move', 'status', 'cccc');
      expect(out).toMatch(/deadline +reopens in .* unless it has left/);
      expect(out).toMatch(/now +captures: database/);
      expect(out).toMatch(/^ {2}copy: is under way for /m);
      expect(out).not.toContain('freehold move confirm');
    });

    it('shows all names that move', async () => {
      const names = ['web', 'server name'].map((purpose, index) => ({ purpose, name: `${index}.freehold.test` }));
      api.on(`GET ${OPERATOR}/deployments/${deployment}`, shown({ ...liveDeployment, names }));
      const { out } = await api.run('move', 'status', 'cccc');
      expect(out).toMatch(/^names +0\.freehold\.test \(web\), 1\.freehold\.test \(server name\)$/m);
      const told = await api.run('move', 'status', 'cccc', '--json');
      expect(JSON.parse(told.out)).toMatchObject({ names });
    });

    it('shows an arrival with its process', async () => {
      api.on(`GET ${OPERATOR}/moves/${process}/progress`, running('running', 'awaiting', [], 'round 2: 1 of 3 files'));
      const { out } = await api.run('move', 'status', 'dddd', '--json');
      expect(JSON.parse(out)).toMatchObject({
        id: arrival,
        progress: { observed: { activity: 'round 2: 1 of 3 files' } },
      });
    });

    it('says what abandoning an arrival would mean, and what to type where it is stuck', async () => {
      const { recorded } = running('stuck', 'failed');
      const now = shown({ ...recorded, stuck: { step: 'copy', direction: 'do' }, actions: ['retry'] });
      api.on(`GET ${OPERATOR}/moves/${process}/progress`, now);
      const { out } = await api.run('move', 'status', 'dddd');
      expect(out).toContain('If abandoned now: What was copied here would be thrown away.');
      expect(out).toContain('freehold work retry eeeeeeee');
      expect(out).toContain('is stuck and waits for the provider’s staff');
    });

    it('says what the state means, in words and to programs', async () => {
      api.on(`GET ${OPERATOR}/moves/${process}/progress`, running('running', 'awaiting'));
      const meaning = 'It runs at the source as before, while its files are copied here.';
      expect((await api.run('move', 'status', 'dddd')).out.split('\n')[0]).toBe(meaning);
      expect(JSON.parse((await api.run('move', 'status', 'dddd', '--json')).out)).toMatchObject({ meaning });
    });

    it('says when the name is of neither or of both', async () => {
      expect(await api.run('move', 'status', 'ffff')).toMatchObject({ exitCode: 4 });
      expect(await api.run('move', 'status', deployment)).toMatchObject({ exitCode: 2 });
    });
  });

  describe('abandon', () => {
    it('gives a departure up, and says what came of it', async () => {
      const ended = { ...departing, status: 'abandoned', ifAbandoned: 'It has ended: it runs here.' };
      api.on(`POST ${OPERATOR}/departures/${departure}/abandon`, { ...changed, id: departure });
      api.on(`GET ${OPERATOR}/departures/${departure}`, shown(ended));
      const run = await api.run('move', 'abandon', 'cccc');
      expect(run).toMatchObject({ exitCode: 0, out: 'It has ended: it runs here.' });
    });

    it.each([
      ['failed', 0],
      ['completed', 3],
      ['stuck', 7],
    ])('undoes an arrival and waits for the end: %s is exit code %d', async (status, exitCode) => {
      api.on(`POST ${OPERATOR}/arrivals/${arrival}/abandon`, { ...changed, id: arrival, process });
      api.on(`GET ${OPERATOR}/moves/${process}/progress`, running(status, 'undone'));
      expect(await api.run('move', 'abandon', 'dddd')).toMatchObject({ exitCode });
      expect(api.changes()).toHaveLength(1);
    });
  });
});
