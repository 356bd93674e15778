import { describe, expect, it } from '@jest/globals';
import { type Place, placeFindings } from './place.findings.js';

const place: Place = { programs: { postgres: 15 }, closing: true, diskBytes: 2 ** 30, hasAfterRestore: true };
const offer = { programs: [{ name: 'postgres', atLeast: 13 }], sizeBytes: 2 ** 30 };
const codes = (here: Partial<Place>, offered: Partial<typeof offer> = {}) =>
  placeFindings({ ...offer, ...offered }, { ...place, ...here }).map(({ code }) => code);

describe('the place of an arrival', () => {
  it('suits where everything is there, to the byte', () => expect(codes({})).toEqual([]));

  it('does not suit without a program, with too old a one, or with one that nobody here knows', () => {
    expect(codes({ programs: {} })).toEqual(['host-program-missing']);
    expect(codes({ programs: { postgres: 12 } })).toEqual(['host-program-missing']);
    expect(codes({}, { programs: [{ name: 'toaster', atLeast: 1 }] })).toEqual(['host-program-missing']);
    expect(placeFindings(offer, { ...place, programs: { postgres: 12 } })[0]?.detail).toContain('here has 12');
  });

  it('does not suit where the disk is too small; a size that nobody knows is no reason', () => {
    expect(codes({ diskBytes: 2 ** 30 - 1 })).toEqual(['disk-too-small']);
    expect(placeFindings({ programs: [], sizeBytes: null }, { ...place, diskBytes: 0 })).toEqual([]);
  });

  it('that cannot close suits only what needs nothing done before it opens', () => {
    expect(codes({ closing: false })).toEqual(['host-cannot-close']);
    expect(codes({ closing: false, hasAfterRestore: false })).toEqual([]);
  });

  it('says everything at once', () => {
    expect(codes({ programs: {}, closing: false, diskBytes: 0 })).toEqual([
      ...['host-program-missing', 'disk-too-small', 'host-cannot-close'],
    ]);
  });
});
