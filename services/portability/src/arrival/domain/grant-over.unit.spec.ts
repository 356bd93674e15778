import { expect, test } from '@jest/globals';
import { grantOver } from './grant-over.js';

const EARLY = '2026-11-21T12:00:00.000Z';
const EXPIRES = '2026-11-21T13:00:00.000Z';
const codesOf = (status: Parameters<typeof grantOver>[0]['status'], clock = EARLY) =>
  grantOver({ status }, EXPIRES, clock).map(({ code }) => code);

test.each(['reopening', 'reopened', 'returned', 'erased'] as const)('a departure that is %s has ended', (status) => {
  expect(codesOf(status)).toEqual(['departure-ended']);
});

test.each(['bound', 'sealing', 'sealed', 'leaving', 'handed-over'] as const)('one that is %s has not', (status) => {
  expect(codesOf(status)).toEqual([]);
});

test('a grant is over at its very end, unless the seal was asked for in time', () => {
  expect(codesOf('bound', EXPIRES)).toEqual(['grant-expired']);
  expect(codesOf('sealing', EXPIRES)).toEqual([]);
});
