import { describe, expect, it } from '@jest/globals';
import * as log from '@freehold/log';
import * as projection from '@freehold/projection';
import { dispositionOf, Unavailable } from '../followers/disposition.js';
import { FAILURES, outcomeOf } from './failures.js';

/** Names of the error classes that a library exports for callers of its operations. */
const failuresOf = (exports: object, ancestor: Function): string[] =>
  Object.values(exports)
    .filter((each): each is Function => typeof each === 'function' && each.prototype instanceof ancestor)
    .map(({ name }) => name);

describe('the table of failures', () => {
  /** Of a start, or of a build of read models, which goes on beside all operations. */
  const beside = ['ServerTooOld', 'StreamDiffers', 'StreamNotMade', 'ViewFailure', 'LogFailure', 'BuildFailed'];
  const known = [...failuresOf(log, log.LogFailure), ...failuresOf(projection, projection.ViewFailure)];

  it('knows every failure of log and projection that an operation can meet', () => {
    expect(known.filter((name) => !beside.includes(name) && FAILURES[name] === undefined)).toEqual([]);
    expect(known).toEqual(expect.arrayContaining(['OutcomeUnknown', 'ViewsUnavailable']));
  });

  it('takes what it does not know for a bug and tells nothing of it', () => {
    expect(outcomeOf(new Error('secret'))).toEqual({
      kind: 'failed',
      reason: 'internal',
      detail: expect.not.stringContaining('secret'),
    });
    expect(outcomeOf(new Unavailable('audit'))).toMatchObject({ reason: 'unavailable' });
    expect(outcomeOf('thrown string')).toMatchObject({ reason: 'internal' });
  });

  it('retries what passes, gives up what can never be read, and gives a bug five tries', () => {
    expect(dispositionOf(Object.assign(new Error(), { name: 'LogUnavailable' }), 1_000)).toBe('retry');
    expect(dispositionOf(Object.assign(new Error(), { name: 'UnknownEvent' }), 1)).toBe('give-up');
    expect(dispositionOf(new TypeError(), 4)).toBe('retry');
    expect(dispositionOf(new TypeError(), 5)).toBe('give-up');
  });
});
