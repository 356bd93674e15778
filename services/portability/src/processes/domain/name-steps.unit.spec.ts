import type { Json, ProcessTable } from '@freehold/process';
import { describe, expect, it } from '@jest/globals';
import { arriveProcess } from './arrive.process.js';
import { departProcess } from './depart.process.js';

const NAME = 'a'.repeat(52);
const HOME = 'https://home.example';
const TARGET = 'https://target.example';
const OPERATOR = '00000000-0000-4000-8000-000000000001';
const outputs = { 'hand-over': { address: '192.0.2.7', port: 443, to: TARGET } };

/** What these steps would say, as `<step>: <what>`. */
function said(table: ProcessTable, steps: readonly string[], input: Json): string[] {
  const scope = { processId: OPERATOR, operator: OPERATOR, startedAt: '2030-01-01T00:00:00.000Z', commandId: OPERATOR };
  return steps.map((name) => {
    const effect = table.steps.find((row) => row.name === name)?.run({ ...scope, input, outputs });
    if (effect?.kind === 'command') return `${name}: ${effect.operation.id}`;
    return `${name}: ${effect?.kind === 'job' ? JSON.stringify(effect.job['task']) : effect?.kind}`;
  });
}

describe('what becomes of the name of what leaves', () => {
  const steps = ['delegate-name', 'redirect-name', 'give-up-name'];
  const leaving = (home: string | null, names = [{ id: NAME }]): string[] =>
    said(departProcess, steps, { deployment: OPERATOR, departure: OPERATOR, names, home, to: { provider: TARGET } });

  it('is led to the target here, when it is in our zone', () => {
    expect(leaving(null)).toEqual([
      'delegate-name: provisioning.delegate-name',
      'redirect-name: skip',
      'give-up-name: skip',
    ]);
  });

  it('is led to the target by its home, and given up here', () => {
    expect(leaving(HOME)).toEqual([
      'delegate-name: skip',
      `redirect-name: {"kind":"redirect","home":"${HOME}","name":"${NAME}"}`,
      'give-up-name: provisioning.give-up-name',
    ]);
  });

  it('is the target’s own affair when it comes home, and given up here', () => {
    expect(leaving(TARGET)).toEqual([
      'delegate-name: skip',
      'redirect-name: skip',
      'give-up-name: provisioning.give-up-name',
    ]);
  });

  it('is nobody’s affair when there is none', () => {
    expect(leaving(HOME, [])).toEqual(['delegate-name: skip', 'redirect-name: skip', 'give-up-name: skip']);
  });
});

describe('what becomes of the name of what arrives', () => {
  const steps = ['claim-name', 'attach-name', 'lead-name'];
  const arriving = (via: string | null): string[] => {
    const enciphered = { $enciphered: 'key', iv: '', data: '' };
    const name = { purpose: 'web', id: NAME, name: enciphered };
    return said(arriveProcess, steps, { deployment: OPERATOR, environment: OPERATOR, name, via });
  };

  it('is claimed here first, and led here by its home', () => {
    expect(arriving(HOME)).toEqual([
      'claim-name: provisioning.claim-name',
      'attach-name: provisioning.attach-name',
      'lead-name: skip',
    ]);
  });

  it('is not touched before it is live here, when it comes home', () => {
    expect(arriving(null)).toEqual(['claim-name: skip', 'attach-name: skip', 'lead-name: provisioning.reclaim-name']);
  });

  it('is led home after the point where anything could be undone, and before the source is told', () => {
    const order = arriveProcess.steps.map(({ name }) => name);
    expect(order.indexOf('complete')).toBeLessThan(order.indexOf('lead-name'));
    expect(order.indexOf('lead-name')).toBeLessThan(order.indexOf('tell-opened'));
  });
});
