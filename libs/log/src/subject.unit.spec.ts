import { describe, expect, it } from '@jest/globals';
import { aggregateFilter, contextFilter, nameId, operatorOf, parseSubject, partitionOf, subjectOf } from './subject.js';

const operator = '00000000-0000-4000-8000-000000000001';
const id = '7d3c1f60-5a2b-4c9e-9f1a-0123456789ab';

describe('partitions', () => {
  // For ever. Computed apart: sha256sum of the token, first 16 hex digits mod 64.
  it.each([
    ['00000000-0000-4000-8000-000000000001', '16'],
    ['7d3c1f60-5a2b-4c9e-9f1a-0123456789ab', '42'],
    ['ffffffff-ffff-4fff-bfff-ffffffffffff', '00'],
    ['01900000-0000-7000-8000-000000000000', '11'],
    ['_', '10'],
  ])('%s is in %s', (token, partition) => {
    expect(partitionOf(token)).toBe(partition);
  });
});

describe('subjects', () => {
  it('stand in the partition of the operator', () => {
    const subject = subjectOf({ context: 'deployment', operator, aggregate: 'order-deployment', id });
    expect(subject).toBe(`log.${partitionOf(operator)}.deployment.${operator}.order-deployment.${id}`);
    expect(parseSubject(subject)).toEqual({ context: 'deployment', operator, aggregate: 'order-deployment', id });
    expect(operatorOf(subject)).toBe(operator);
  });

  it('of the cell stand in the partition of the id', () => {
    const subject = subjectOf({ context: 'provisioning', operator: '_', aggregate: 'host', id });
    expect(subject).toBe(`log.${partitionOf(id)}.provisioning._.host.${id}`);
    expect(parseSubject(subject)).toEqual({ context: 'provisioning', operator: '_', aggregate: 'host', id });
  });

  it.each([
    { context: 'deployment', operator: 'Foo', aggregate: 'deployment', id },
    { context: 'deployment', operator, aggregate: 'Deployment', id },
    { context: 'deployment', operator, aggregate: 'a.b', id },
    { context: 'deployment', operator, aggregate: 'deployment', id: id.toUpperCase() },
    { context: 'deployment', operator, aggregate: 'deployment', id: '*' },
  ] as const)('refuse $operator $aggregate $id', (name) => {
    expect(() => subjectOf(name)).toThrow(RangeError);
  });

  it.each([
    'log.00.deployment',
    `log.xx.deployment.${operator}.deployment.${id}`,
    `op.00.deployment.${operator}.a.${id}`,
  ])('do not parse %s', (subject) => {
    expect(() => parseSubject(subject)).toThrow(RangeError);
  });

  it('do not parse in another partition than their own', () => {
    const subject = subjectOf({ context: 'accounts', operator, aggregate: 'operator', id });
    const foreign = (Number(partitionOf(operator)) + 1) % 64;
    expect(() => parseSubject(subject.replace(/^log\.\d\d/, `log.${String(foreign).padStart(2, '0')}`))).toThrow(
      RangeError,
    );
  });

  it('have filters by kind and by context', () => {
    expect(aggregateFilter('deployment', 'deployment')).toBe('log.*.deployment.*.deployment.*');
    expect(contextFilter('accounts')).toBe('log.*.accounts.>');
  });
});

describe('the id of a name', () => {
  const key = new Uint8Array(32).fill(7);

  it('is base32 of the HMAC, for ever', () => {
    expect(nameId(key, 'chat.example.org')).toBe('exncfqazdizsbteysm2t3iohaler5y5sagyzfk3j6v3kedimg2ya');
    expect(
      subjectOf({ context: 'provisioning', operator: '_', aggregate: 'name', id: nameId(key, 'a.example') }),
    ).toMatch(/^log\.\d\d\.provisioning\._\.name\.[a-z2-7]{52}$/);
  });

  it('differs by name and by key', () => {
    expect(nameId(key, 'b.example')).not.toBe(nameId(key, 'a.example'));
    expect(nameId(new Uint8Array(32).fill(8), 'a.example')).not.toBe(nameId(key, 'a.example'));
  });

  it.each(['A.example', 'a.example.', 'ä.example', '', 'a..example', '-a.example', `${'a'.repeat(64)}.example`])(
    'refuses %p, which is not in its one form',
    (name) => {
      expect(() => nameId(key, name)).toThrow(RangeError);
    },
  );

  it('refuses a short key', () => {
    expect(() => nameId(new Uint8Array(16), 'a.example')).toThrow(RangeError);
  });
});
