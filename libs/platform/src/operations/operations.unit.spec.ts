import { describe, expect, it } from '@jest/globals';
import type { Principal } from '@freehold/kernel';
import { formatTraceparent, newTraceparent, parseTraceparent } from '../tracing/traceparent.js';
import { cellEcho, changeEcho, hostEcho } from '../testing/echo.fixture.js';
import { authorize } from './authorize.js';
import { sortedJson } from './sorted-json.js';
import { answer } from './outcome.js';

const owner: Principal = { actor: { kind: 'credential', id: 'c' }, role: 'owner', operator: 'o1' };
const agent: Principal = { actor: { kind: 'agent', id: 'a' }, role: 'agent', operator: '_', host: 'h1' };

describe('authorize', () => {
  it('judges what was sent before it is parsed', () => {
    expect(authorize(changeEcho, owner, { operator: 'o1' })).toBeNull();
    for (const params of [{ operator: 'o2' }, { operator: ['o1'] }, {}, null, 'o1']) {
      expect(authorize(changeEcho, owner, params)).toEqual({ reason: 'not-found' });
    }
    expect(authorize(changeEcho, { ...owner, role: 'reader' }, { operator: 'o2' })).toEqual({ reason: 'not-found' });
  });

  it('wants somebody known unless the operation is public', () => {
    expect(authorize(cellEcho, null, {})).toEqual({ reason: 'unauthorized' });
    expect(authorize({ ...cellEcho, scope: 'public' }, null, {})).toBeNull();
    expect(authorize({ ...cellEcho, permission: null }, owner, {})).toBeNull();
  });

  it('answers what other providers ask to them only, and them nothing else', () => {
    const peer: Principal = { actor: { kind: 'peer', id: 'https://target.example' }, role: 'peer', operator: '_' };
    const row = { ...cellEcho, scope: 'peer', permission: 'move:peer' } as const;
    expect(authorize(row, peer, {})).toBeNull();
    for (const other of [null, owner, agent, { ...owner, role: 'staff-admin', operator: '_' } as const]) {
      expect(authorize(row, other, {})).toEqual({ reason: 'unauthorized' });
    }
    for (const each of [cellEcho, changeEcho, hostEcho, { ...cellEcho, permission: null }]) {
      expect(authorize(each, peer, { operator: '_', host: 'h1' })).toEqual({ reason: 'unauthorized' });
    }
  });

  it('keeps an agent on its host, and everybody else off it', () => {
    expect(authorize(hostEcho, agent, { host: 'h1' })).toBeNull();
    expect(authorize(hostEcho, agent, { host: 'h2' })).toEqual({ reason: 'not-found' });
    expect(authorize(hostEcho, owner, { host: 'h1' })).toEqual({ reason: 'forbidden', permission: 'host:act' });
  });
});

describe('sortedJson', () => {
  it('is the same for the same content', () => {
    expect(sortedJson({ b: [1, { d: null, c: 'x' }], a: undefined })).toBe('{"b":[1,{"c":"x","d":null}]}');
    expect(sortedJson({ a: 1, b: 2 })).toBe(sortedJson({ b: 2, a: 1 }));
    expect(sortedJson([1, 2])).not.toBe(sortedJson([2, 1]));
  });
});

describe('answer', () => {
  it('says what the result of the aggregate store means', () => {
    const reply = ({ version }: { version: number }) => ({ version });
    expect(answer({ kind: 'unchanged', position: '1:3', version: 2, state: null }, reply)).toEqual({
      kind: 'done',
      reply: { version: 2 },
      position: '1:3',
      etag: 2,
      location: null,
    });
    expect(answer({ kind: 'version-mismatch', version: 5 }, reply)).toMatchObject({ reason: 'precondition' });
    expect(answer({ kind: 'command-reused' }, reply)).toMatchObject({
      reason: 'invalid',
      findings: [{ code: 'idempotency-key-reused' }],
    });
    const findings = [{ pointer: '', code: 'a', detail: '', hint: '' }];
    expect(answer({ kind: 'refused', findings }, reply)).toMatchObject({ reason: 'invalid', findings });
  });
});

describe('traceparent', () => {
  it('is read, written, and refused when it is not one', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(formatTraceparent(parseTraceparent(traceparent)!)).toBe(traceparent);
    expect(parseTraceparent(newTraceparent())).toBeDefined();
    for (const wrong of ['', 'x', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, traceparent.toUpperCase()]) {
      expect(parseTraceparent(wrong)).toBeUndefined();
    }
  });
});
