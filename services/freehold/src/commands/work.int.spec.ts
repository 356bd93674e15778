import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AnsweringApi } from '../cli/command-run.fixture.js';

const id = (digit: string) => `${digit.repeat(8)}-0000-4000-8000-000000000000`;
const operator = id('a');
const recorded = (digit: string, kind: string, status: string, startedAt: string) => ({
  ...{ id: id(digit), operator, kind, deployment: null, status, findings: [] },
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

  it.each([
    ['retry', 'cccc', 'moves', 'c'],
    ['undo', 'bbbb', 'processes', 'b'],
  ])('has %s of %s act among the %s, and follows it there', async (what, wanted, collection, digit) => {
    const path = `/v1/operators/${operator}/${collection}/${id(digit)}`;
    api.on(`POST ${path}/${what}`, { id: id(digit), position: '1:9', version: 2 });
    api.on(`GET ${path}/progress`, shown({ ...arrive, id: id(digit), status: 'failed' }));
    expect(await api.run('work', what, wanted, '--operator', operator)).toMatchObject({ exitCode: 7 });
    expect(api.changes().map((each) => each.path)).toEqual([`${path}/${what}`]);
  });
});
