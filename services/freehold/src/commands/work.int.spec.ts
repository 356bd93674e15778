import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AnsweringApi } from '../cli/command-run.fixture.js';

const id = (digit: string) => `${digit.repeat(8)}-0000-4000-8000-000000000000`;
const operator = id('a');
const recorded = (digit: string, kind: string, status: string, startedAt: string) => ({
  ...{ id: id(digit), operator, kind, deployment: null, status, findings: [] },
  ...{ failure: null, stuck: null, actions: [] },
  ...{ steps: [], startedAt, endedAt: null },
});
const order = recorded('b', 'order-deployment', 'running', '2026-11-21T12:00:00Z');
const arrive = recorded('c', 'arrive', 'stuck', '2026-11-21T13:00:00Z');
const shown = (each: object) => ({ recorded: each, observed: null, etag: 1, position: '1:9' });
const page = (...items: object[]) => ({ items, next: null, position: '1:9' });

describe('freehold work, for orders and moves alike', () => {
  let api: AnsweringApi;
  beforeEach(async () => {
    api = (await AnsweringApi.start('fh_cell_x_y'))
      .on('GET /v1/work', page(order))
      .on('GET /v1/work/moves', page(arrive))
      .on(`GET /v1/operators/${operator}/processes`, page(shown(order)))
      .on(`GET /v1/operators/${operator}/moves`, page(shown(arrive)));
  });
  afterEach(() => api[Symbol.asyncDispose]());

  it('lists both, the stuck first', async () => {
    const { out } = await api.run('work', 'list', '--json');
    expect((JSON.parse(out) as { kind: string }[]).map(({ kind }) => kind)).toEqual(['arrive', 'order-deployment']);
  });

  it('says why a step was skipped, until when one waits, and for how long one is under way', async () => {
    const each = { attempt: 1, startedAt: null, endedAt: null };
    const minutesAgo = (count: number) => new Date(Date.now() - count * 60_000).toISOString();
    const steps = [
      { ...each, name: 'quiesce', state: 'done', skipped: 'its package has no hook for this' },
      { ...each, name: 'ready', state: 'undone', skipped: 'nothing was captured' },
      { ...each, name: 'capture', state: 'awaiting', startedAt: minutesAgo(3) },
      { ...each, name: 'erase', state: 'waiting', notBefore: '2099-01-01T00:00:00Z' },
      { ...each, name: 'certify', state: 'waiting' },
    ];
    api.on(`GET /v1/operators/${operator}/moves`, page(shown({ ...arrive, status: 'running', steps })));
    const { out } = await api.run('work', 'show', 'cccc', '--operator', operator);
    expect(out).toMatch(/^ {2}quiesce: skipped: its package has no hook for this$/m);
    expect(out).toMatch(/^ {2}ready: nothing to undo: nothing was captured$/m);
    expect(out).toMatch(/^ {2}capture: is under way for 3 min( \d+ s)?$/m);
    expect(out).toMatch(/^ {2}erase: waits until 2099-01-01T00:00:00Z \(in \d+ d\)$/m);
    expect(out).toMatch(/^ {2}certify: waits$/m);
  });

  it('says why it is stuck, what has to be mended, and exactly what to type', async () => {
    const finding = (code: string, detail: string) => ({ pointer: '', code, detail, hint: 'Mend it.' });
    const stuck = {
      ...{ ...arrive, findings: [finding('target-was-open', 'It was reached.')] },
      ...{ failure: { step: 'open', findings: [finding('disk-full', 'No space is left.')] } },
      ...{ stuck: { step: 'open', direction: 'undo' }, actions: ['continue', 'retry'] },
    };
    api.on(`GET /v1/operators/${operator}/moves`, page(shown(stuck)));
    const { out } = await api.run('work', 'show', 'cccc', '--operator', operator);
    expect(out).toContain('It is stuck: taking “open” back failed');
    expect(out).toMatch(
      /It was reached\. \(target-was-open\)[^]*because “open” failed:[^]*No space is left\. \(disk-full\)/,
    );
    expect(out).toMatch(/^ {2}freehold work continue cccccccc +once that is mended: tries “open” again, and goes on$/m);
    expect(out).toMatch(/^ {2}freehold work retry cccccccc +tries to take “open” back again, and then the rest$/m);
  });

  it('says where it is stuck going forward', async () => {
    const stuck = { ...arrive, stuck: { step: 'tell-opened', direction: 'do' }, actions: ['retry'] };
    api.on(`GET /v1/operators/${operator}/moves`, page(shown(stuck)));
    const { out } = await api.run('work', 'show', 'cccc', '--operator', operator);
    expect(out).toContain('It is stuck at “tell opened”, which failed; what came before stays as it is:');
    expect(out).toMatch(
      /^ {2}freehold work retry cccccccc +once that is mended: tries “tell opened” again, and goes on$/m,
    );
    expect(out).not.toContain('continue');
  });

  it.each([
    ['retry', 'cccc', 'moves', 'c'],
    ['continue', 'cccc', 'moves', 'c'],
    ['undo', 'bbbb', 'processes', 'b'],
  ])('has %s of %s act among the %s, and follows it there', async (what, wanted, collection, digit) => {
    const path = `/v1/operators/${operator}/${collection}/${id(digit)}`;
    api.on(`POST ${path}/${what}`, { id: id(digit), position: '1:9', version: 2 });
    api.on(`GET ${path}/progress`, shown({ ...arrive, id: id(digit), status: 'failed' }));
    expect(await api.run('work', what, wanted, '--operator', operator)).toMatchObject({ exitCode: 7 });
    expect(api.changes().map((each) => each.path)).toEqual([`${path}/${what}`]);
  });
});
