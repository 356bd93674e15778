import { describe, expect, it } from '@jest/globals';
import { evidenceCheck } from './evidence-check.js';

const checked = (evidence: Record<string, string | number | null>) =>
  evidenceCheck({ services: { audit: { status: 'up', details: { evidence } } } }).map(({ status, detail }) => [
    status,
    detail,
  ]);

describe('the evidence, as doctor sees it', () => {
  it('is well when it is signed', () => {
    expect(checked({ status: 'up', state: 'following', reason: null, leaves: 7, signed: 5 })).toEqual([
      ['ok', '7 commits in the tree, 5 signed'],
    ]);
  });

  it('is to be looked at while it waits, and before anything is signed', () => {
    expect(checked({ state: 'building', reason: 'the tiles are lost', leaves: 7, signed: 5 })[0]?.[0]).toBe('notice');
    expect(checked({ state: 'following', reason: null, leaves: 0, signed: 0 })[0]?.[0]).toBe('notice');
  });

  it('is a problem when the log contradicts it, in words that name the place', () => {
    const [[status, detail] = []] = checked({ state: 'stopped', reason: 'The commit at 1:7 …', leaves: 7, signed: 9 });
    expect(status).toBe('problem');
    expect(detail).toContain('1:7');
  });

  it('names the witnesses that do not cosign', () => {
    const evidence = { state: 'following', reason: null, leaves: 7, signed: 7 };
    const of = (witnesses: { asked: number; troubles: Record<string, string> }) =>
      evidenceCheck({ services: { audit: { status: 'up', details: { evidence, witnesses } } } }).at(-1);
    expect(of({ asked: 2, troubles: {} })).toMatchObject({ status: 'ok', detail: '2 cosign' });
    expect(of({ asked: 2, troubles: { 'w/witness': 'It refused.' } })).toMatchObject({
      status: 'notice',
      detail: 'w/witness: It refused.',
    });
  });

  it('is not spoken of when the audit says nothing', () => {
    expect(evidenceCheck({ services: {} })).toEqual([]);
  });
});
