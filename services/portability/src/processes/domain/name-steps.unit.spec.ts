import type { Json, ProcessTable } from '@freehold/process';
import { describe, expect, it } from '@jest/globals';
import { arriveProcess } from './arrive.process.js';
import { departProcess } from './depart.process.js';

const [ONE, TWO, THREE] = ['a', 'b', 'c'].map((letter) => letter.repeat(52)) as [string, string, string];
const HOME = 'https://home.example';
const OTHER_HOME = 'https://other.example';
const TARGET = 'https://target.example';
const OPERATOR = '00000000-0000-4000-8000-000000000001';
const outputs = { 'hand-over': { address: '192.0.2.7', port: 443, to: TARGET } };

/** What these steps would say: of which names, in place of what, or why nothing. */
function said(table: ProcessTable, steps: readonly string[], input: Json) {
  const ids = { processId: OPERATOR, operator: OPERATOR, commandId: OPERATOR };
  const scope = { ...ids, attempt: 1, startedAt: '2030-01-01T00:00:00.000Z' };
  return steps.map((name) => {
    const effect = table.steps.find((row) => row.name === name)?.run({ ...scope, input, outputs });
    if (effect?.kind === 'command') return [effect.operation.id, idsIn(effect.operation.body.parse(effect.body))];
    return effect?.kind === 'job' ? effect.job['task'] : effect?.kind;
  });
}

const idsIn = (body: unknown): unknown =>
  (body as { names: (string | { name: string })[] }).names.map((each) => (typeof each === 'string' ? each : each.name));

describe('what becomes of the names of what leaves', () => {
  const steps = ['delegate-names', 'redirect-names', 'give-up-names'];
  const leaving = (...names: { id: string; home: string | null }[]) =>
    said(departProcess, steps, { deployment: OPERATOR, departure: OPERATOR, names, to: { provider: TARGET } });
  const redirect = (...names: { name: string; home: string }[]) => ({ kind: 'redirect', names });

  it('are led to the target here, when they are in our zone', () => {
    const ours = [ONE, TWO].map((id) => ({ id, home: null }));
    expect(leaving(...ours)).toEqual([['provisioning.delegate-names', [ONE, TWO]], 'skip', 'skip']);
  });

  it('are led to the target by their homes, and given up here', () => {
    expect(leaving({ id: ONE, home: HOME }, { id: TWO, home: OTHER_HOME })).toEqual([
      'skip',
      redirect({ name: ONE, home: HOME }, { name: TWO, home: OTHER_HOME }),
      ['provisioning.give-up-names', [ONE, TWO]],
    ]);
  });

  it('are the target’s own affair when they come home, and given up here', () => {
    expect(leaving({ id: ONE, home: TARGET })).toEqual(['skip', 'skip', ['provisioning.give-up-names', [ONE]]]);
  });

  it('go each its own way', () => {
    const all = leaving({ id: ONE, home: null }, { id: TWO, home: HOME }, { id: THREE, home: TARGET });
    expect(all).toEqual([
      ['provisioning.delegate-names', [ONE]],
      redirect({ name: TWO, home: HOME }),
      ['provisioning.give-up-names', [TWO, THREE]],
    ]);
  });

  it('are nobody’s affair when there is none', () => {
    expect(leaving()).toEqual(['skip', 'skip', 'skip']);
  });
});

describe('what becomes of the names of what arrives', () => {
  const steps = ['claim-names', 'attach-names', 'lead-names'];
  const arriving = (...vias: (string | null)[]) => {
    const enciphered = { $enciphered: OPERATOR, place: 'p', iv: '', data: '' };
    const names = vias.map((via, index) => ({
      ...{ purpose: `purpose ${index}`, via, name: enciphered },
      id: [ONE, TWO, THREE][index] ?? '',
    }));
    return said(arriveProcess, steps, { deployment: OPERATOR, environment: OPERATOR, names });
  };

  it('are claimed here first, and led here by their homes', () => {
    expect(arriving(HOME, OTHER_HOME)).toEqual([
      ['provisioning.claim-names', [ONE, TWO]],
      ['provisioning.attach-names', [ONE, TWO]],
      'skip',
    ]);
  });

  it('are not touched before it is live here, when they come home', () => {
    expect(arriving(null, null)).toEqual(['skip', 'skip', ['provisioning.reclaim-names', [ONE, TWO]]]);
  });

  it('go each its own way', () => {
    expect(arriving(null, HOME, null)).toEqual([
      ['provisioning.claim-names', [TWO]],
      ['provisioning.attach-names', [TWO]],
      ['provisioning.reclaim-names', [ONE, THREE]],
    ]);
  });

  it('are led home after the point where anything could be undone, and before the source is told', () => {
    const order = arriveProcess.steps.map(({ name }) => name);
    expect(order.indexOf('complete')).toBeLessThan(order.indexOf('lead-names'));
    expect(order.indexOf('lead-names')).toBeLessThan(order.indexOf('tell-opened'));
  });
});
