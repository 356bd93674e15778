import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeState, encodeState } from './state-encoding.js';

const keys = fc.oneof(fc.constantFrom('$map', '$set', '$object', '__proto__', 'a', 'b'), fc.string());
const { state } = fc.letrec((tie) => ({
  state: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false, 0, 1.5, -7),
    fc.string(),
    fc.array(tie('state')),
    fc.uniqueArray(fc.string()).map((items) => new Set(items)),
    fc.array(fc.tuple(keys, tie('state'))).map((entries) => new Map(entries)),
    fc.array(fc.tuple(keys, tie('state')), { maxLength: 3 }).map((entries) => Object.fromEntries(entries)),
  ),
}));

describe('a folded state', () => {
  it('is the same after it was kept as JSON', () => {
    fc.assert(
      fc.property(state, (given) => {
        expect(decodeState(JSON.parse(JSON.stringify(encodeState(given))))).toEqual(given);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is told from what looks like an encoded one', () => {
    for (const given of [{ $set: ['a'] }, { $map: [] }, { $object: { $set: [] } }])
      expect(decodeState(encodeState(given))).toEqual(given);
    expect(encodeState({ freed: new Set(['x']), more: undefined })).toEqual({ freed: { $set: ['x'] } });
  });

  it('is data', () => {
    for (const given of [() => 1, new Date(), Number.NaN, undefined, 1n])
      expect(() => encodeState({ given, and: [given] })).toThrow(TypeError);
  });
});
