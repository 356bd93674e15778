import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AnsweringApi } from '../cli/command-run.fixture.js';

const id = (digit: string) => `${digit.repeat(8)}-0000-4000-8000-000000000000`;
const [operator, export_] = [id('a'), id('e')];
const OPERATOR = `/v1/operators/${operator}`;
const recorded = {
  ...{ id: export_, operator, deployment: id('b'), lineage: id('c'), process: id('f'), recipient: 'age1' },
  ...{ status: 'requested', bag: null, until: null },
};
const shown = (more: object, etag: number) => ({ recorded: { ...recorded, ...more }, etag, position: `1:${etag}` });
const entry = {
  ...{ position: '1:14', version: 2, time: '2026-11-21T12:28:36.107Z', actor: { kind: 'agent', id: 'host-1' } },
  ...{ command: { id: id('f'), name: 'portability.end-export' }, cause: null, correlation: id('f'), events: [] },
};
const difference = {
  ...{ from: '1:10', to: '1:20', was: shown({}, 1), is: shown({ status: 'erased' }, 2), next: '1:14' },
  ...{ patch: [{ op: 'replace', path: '/status', value: 'erased' }], commits: [entry] },
};

describe('freehold diff', () => {
  let api: AnsweringApi;
  beforeEach(async () => {
    const list = { items: [{ ...shown({}, 1), observed: null }], next: null, position: '1:14' };
    api = (await AnsweringApi.start(`fh_${operator}_x_y`)).on(`GET ${OPERATOR}/exports`, list);
  });
  afterEach(() => api[Symbol.asyncDispose]());
  const diff = (...args: string[]) => api.run('diff', 'export', 'eeee', '--from', '1:10', ...args);

  it('shows what was, what is, who changed it and when, and how to see older commits', async () => {
    api.on(`GET ${OPERATOR}/exports/${export_}/changes`, difference);
    const { exitCode, out } = await diff('--to', '2026-11-21T12:30:00Z');
    expect(exitCode).toBe(0);
    expect(out).toContain('from 1:10 to 1:20');
    expect(out).toMatch(/^status +requested +erased$/m);
    expect(out).toMatch(/1:14 +2026-11-21 12:28:36.107 +portability.end-export by agent host-1/);
    expect(out).toContain('--before 1:14');
    expect(JSON.parse((await diff('--json')).out)).toEqual(difference);
  });

  it('says when it came, with every field, and when nothing changed', async () => {
    const whole = { ...difference, was: null, patch: [{ op: 'replace', path: '', value: difference.is.recorded }] };
    api.on(`GET ${OPERATOR}/exports/${export_}/changes`, whole, { ...difference, patch: [], commits: [], next: null });
    const came = (await diff()).out;
    expect(came).toContain('It came.');
    expect(came).toMatch(/^recipient +– +age1$/m);
    expect((await diff()).out).toContain('Nothing is recorded otherwise.');
  });

  it('says what can be compared, and what a moment is', async () => {
    expect((await api.run('diff', 'toaster', 'x', '--from', '1:1')).err).toContain('deployment, operator');
    expect((await api.run('diff', 'export', 'eeee', '--from', 'once')).err).toContain('such as 1:4711');
  });
});
