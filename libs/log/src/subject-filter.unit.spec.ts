import { expect, it } from '@jest/globals';
import { subjectMatcher } from './subject-filter.js';

it.each([
  ['log.>', 'log.07.accounts.o.operator.i', true],
  ['log.>', 'log', false],
  ['log.>', 'logs.07', false],
  ['log.*.accounts.>', 'log.07.accounts.o.operator.i', true],
  ['log.*.accounts.>', 'log.07.accounts', false],
  ['log.*.accounts.>', 'log.07.audit.o.operator.i', false],
  ['log.*.accounts.*.operator.*', 'log.07.accounts.o.operator.i', true],
  ['log.*.accounts.*.operator.*', 'log.07.accounts.o.operator.i.more', false],
  ['log.*.accounts.*.operator.*', 'log.07.accounts.o.operator', false],
  ['log.07.accounts.o.operator.i', 'log.07.accounts.o.operator.i', true],
  ['log.07.accounts.o.operator.i', 'log.07.accounts.o.operatorXi', false],
])('a filter %s and the subject %s: %s', (filter, subject, expected) => {
  expect(subjectMatcher(filter)(subject)).toBe(expected);
});

it('lets everything through without a filter', () => {
  expect(subjectMatcher()('log.07.accounts.o.operator.i')).toBe(true);
});
