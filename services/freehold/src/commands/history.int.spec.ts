import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AnsweringApi } from '../cli/command-run.fixture.js';

const id = (digit: string) => `${digit.repeat(8)}-0000-4000-8000-000000000000`;
const [operator, deployment] = [id('a'), id('b')];
const [departure, arrival, exported] = [id('c'), id('d'), id('e')];
const OPERATOR = `/v1/operators/${operator}`;

const peer = { provider: 'https://cloud.example', fingerprint: '9f2c 01ab' };
const of = { operator, deployment, lineage: deployment };
const departing = {
  ...{ ...of, id: departure, process: null, status: 'bound', to: null, by: peer, confirmed: false },
  ...{ expires: '2099-01-01T00:00:00Z', deadline: null, ifAbandoned: 'It runs here as before.' },
};
const arriving = {
  ...{ ...of, id: arrival, process: id('f'), source: peer, departure, epoch: 2, application: 'synapse' },
  ...{ version: '1.150.0', status: 'under-way', comparison: null, ifAbandoned: 'It runs at the source.' },
};
const making = {
  ...{ ...of, id: exported, process: id('f'), recipient: 'age1', status: 'requested', bag: null, until: null },
};
const entry = (command: string) => ({
  ...{ position: '1:14', version: 1, time: '2026-11-21T12:28:36.107Z', actor: { kind: 'peer', id: 'them' } },
  ...{ command: { id: id('f'), name: command }, cause: null, correlation: id('f'), events: [] },
});
const page = (...items: object[]) => ({ items, next: null, position: '1:14' });
const shown = (recorded: object) => ({ recorded, observed: null, etag: 1, position: '1:14' });

describe('freehold history', () => {
  let api: AnsweringApi;
  beforeEach(async () => {
    api = (await AnsweringApi.start(`fh_${operator}_x_y`))
      .on(`GET ${OPERATOR}/departures`, page(shown(departing)))
      .on(`GET ${OPERATOR}/arrivals`, page(shown(arriving)))
      .on(`GET ${OPERATOR}/exports`, page(shown(making)));
  });
  afterEach(() => api[Symbol.asyncDispose]());

  it.each([
    ['departure', departure],
    ['arrival', arrival],
    ['export', exported],
  ])('finds the %s by the beginning of its id, or by its deployment', async (what, which) => {
    api.on(`GET ${OPERATOR}/${what}s/${which}/history`, page(entry(`portability.of-${what}`)));
    for (const wanted of [which.slice(0, 8), deployment]) {
      const { exitCode, out } = await api.run('history', what, wanted);
      expect(exitCode).toBe(0);
      expect(out).toContain(`portability.of-${what} by peer them`);
    }
  });

  it('finds none of another kind', async () => {
    for (const [what, which] of [
      ['departure', arrival],
      ['arrival', departure],
      ['export', departure],
    ] as const) {
      const { exitCode, err } = await api.run('history', what, which);
      expect(exitCode).toBe(4);
      expect(err).toContain(`There is no ${what}`);
    }
  });

  it('says of what there is one', async () => {
    const { exitCode, err } = await api.run('history', 'toaster');
    expect(exitCode).not.toBe(0);
    expect(err).toContain('departure, arrival or export <which>');
  });
});
