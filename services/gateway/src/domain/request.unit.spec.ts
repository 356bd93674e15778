import { describe, expect, it } from '@jest/globals';
import { operation } from '@freehold/kernel';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { longestWaitOf } from '../http/longest-wait.js';
import { OPERATIONS } from '../start-gateway.js';
import { bearerKeyOf } from './bearer-key.js';
import { isProblemCode, problemCodeOfStatus, PROBLEMS } from './problem-codes.js';
import { etagOf, idempotencyKeyOf, ifMatchOf, preferredWaitOf } from './request-headers.js';
import { routePathOf } from './route-path.js';

describe('keys', () => {
  const id = randomUUID();
  it('are read in their form only', () => {
    expect(bearerKeyOf(`Bearer fh_cell_${id}_s3cret`)).toEqual({ operator: 'cell', credential: id, secret: 's3cret' });
    expect(bearerKeyOf(`bearer fh_${id}_${id}_x`)?.operator).toBe(id);
    for (const wrong of [
      undefined,
      '',
      `fh_cell_${id}_x`,
      `Bearer fh_staff_${id}_x`,
      `Bearer fh_cell_${id}_`,
      `Bearer fh_cell_${id}_a_b`,
      `Bearer fh_cell_${id.slice(1)}x_x`,
      `Basic fh_cell_${id}_x`,
    ]) {
      expect(bearerKeyOf(wrong)).toBeNull();
    }
  });
});

describe('headers', () => {
  it('Idempotency-Key is printable, short, with or without quotes', () => {
    expect(idempotencyKeyOf('a-b')).toBe('a-b');
    expect(idempotencyKeyOf('"a-b"')).toBe('a-b');
    for (const wrong of [undefined, '', 'a b', 'é', 'x'.repeat(201)]) expect(idempotencyKeyOf(wrong)).toBeNull();
  });

  it('If-Match is one ETag of ours', () => {
    expect(ifMatchOf(etagOf(7))).toEqual({ value: 7 });
    expect(ifMatchOf(undefined)).toEqual({ value: null });
    for (const wrong of ['7', '*', 'W/"7"', '"07"', '"7", "8"', '""']) {
      expect(ifMatchOf(wrong)).toMatchObject({ finding: { code: 'if-match-invalid' } });
    }
  });

  it('Prefer: wait is found among others', () => {
    expect(preferredWaitOf('wait=5')).toBe(5);
    expect(preferredWaitOf('respond-async, wait = 20; x')).toBe(20);
    expect(preferredWaitOf('await=5')).toBeNull();
    expect(preferredWaitOf('wait=soon')).toBeNull();
  });
});

describe('the table as routes', () => {
  it('has each operation once, and each route once', () => {
    const routes = OPERATIONS.flatMap(({ http }) =>
      http === undefined ? [] : [`${http.method} ${routePathOf(http.path)}`],
    );
    expect(routes.length).toBeGreaterThan(20);
    expect(new Set(routes.map((route) => route.replaceAll(/:\w+/g, ':')))).toHaveProperty('size', routes.length);
  });

  it('has a parameter in params for each in the path, and nothing without a credential but what is for everybody', () => {
    const forEverybody = ['portability.provider-description', 'audit.inclusion-proof', 'audit.consistency-proof'];
    for (const { http, params, id, scope } of OPERATIONS) {
      if (http === undefined) continue;
      if (scope === 'public') expect(forEverybody).toContain(id);
      const named = [...http.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '').sort();
      const declared = params instanceof z.ZodObject ? Object.keys(params.shape).sort() : [];
      expect({ id, named }).toEqual({ id, named: declared });
    }
  });

  it('waits as long as the query takes', () => {
    const row = (body: z.ZodObject) =>
      operation({
        id: 'audit.x',
        kind: 'query',
        summary: '',
        permission: null,
        scope: 'cell',
        params: z.object({}),
        body,
        reply: z.null(),
        refusals: [],
        since: '0.1.0',
      });
    expect(longestWaitOf(row(z.object({})))).toBe(0);
    expect(longestWaitOf(row(z.object({ wait: z.coerce.number().int().max(20) })))).toBe(20);
    expect(longestWaitOf(row(z.object({ wait: z.coerce.number() })))).toBe(60);
  });
});

describe('problems', () => {
  it('have a status of their kind, and say why and what to do', () => {
    for (const { status, cause, remedy } of Object.values(PROBLEMS)) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(cause.length).toBeGreaterThan(5);
      expect(remedy.length).toBeGreaterThan(5);
    }
    expect(isProblemCode('toString')).toBe(false);
    expect([404, 413, 418, 500, 200].map(problemCodeOfStatus)).toEqual([
      'not-found',
      'payload-too-large',
      'malformed-request',
      'internal',
      'internal',
    ]);
  });
});
