import { specificationOf } from '@freehold/decider';
import type { RestoreResult } from '@freehold/deployment-contract';
import type { ArrivalEvent } from '@freehold/portability-contract';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Accepted, type Arrival, type ArrivalCommand, arrivalDecider } from './arrival.js';
import { comparisonOf, findingsOf } from './comparison.js';
import { verification } from './verification.fixture.js';

const id = (last: number) => `6f6f2f3e-5df0-4b8e-9a36-0f5b8c1f000${last}`;
const SOURCE = 'http://127.0.0.2:8420';
const taken: Accepted = {
  ...{ source: { provider: SOURCE, kid: 'k'.repeat(43) }, departure: id(4), move: 'a.b', nonce: 'n', epoch: 1 },
  ...{
    deployment: id(3),
    environment: id(2),
    lineage: id(5),
    application: 'radicale',
    version: '3.9.0',
    identity: null,
  },
};
const identity = { signingKey: 'ed25519:a' };
const restored: RestoreResult = {
  report: [{ part: 'database', kind: 'sqlite', tables: [{ name: 'users', count: 3, digest: 'd' }], counts: {} }],
  ...{ differences: [], identity, fetchedFiles: 1, fetchedBytes: 1, afterRestore: 'none' },
};
const missing = { part: 'media', name: '', what: 'missing', before: '3', after: null } as const;
const fewer = { part: 'database', name: 'users', what: 'count', before: '3', after: '2' } as const;
const comparison = comparisonOf(restored, identity);
const given = {
  kind: 'return',
  payload: {
    ...{
      source: SOURCE,
      departure: id(4),
      deployment: id(3),
      lineage: id(5),
      epoch: 3,
      target: 'http://127.0.0.3:8420',
    },
    ...{ arrival: id(7), position: '1:44' as const, at: '2026-11-21T12:00:00.000Z' },
  },
  ...{ kid: 't'.repeat(43), signature: 's'.repeat(86) },
} as const;

const happened = {
  accepted: { type: 'portability.arrival-accepted.v1', data: taken },
  answered: { type: 'portability.source-answered.v1', data: { job: id(6), answer: 1 } },
  failed: { type: 'portability.source-failed.v1', data: { job: id(6), findings: [] } },
  verified: { type: 'portability.arrival-verified.v1', data: { comparison } },
  returned: { type: 'portability.arrival-returned.v1', data: { return: given } },
  completed: { type: 'portability.arrival-completed.v1', data: {} },
  abandoned: { type: 'portability.arrival-abandoned.v1', data: {} },
} as const satisfies Record<string, ArrivalEvent>;
const { accepted, verified } = happened;
const histories = {
  none: [],
  'under-way': [accepted],
  verified: [accepted, verified],
  completed: [accepted, verified, happened.completed],
  returned: [accepted, verified, happened.returned],
  abandoned: [accepted, happened.abandoned],
  never: [happened.abandoned],
} satisfies Record<Arrival['status'], readonly ArrivalEvent[]>;
type Reached = keyof typeof histories;
const ask = {
  accept: { type: 'accept', accepted: taken },
  begin: { type: 'begin' },
  answer: { type: 'record-answer', job: id(6), answer: 1 },
  fail: { type: 'record-failure', job: id(6), findings: [] },
  verify: verification(comparison),
  return: { type: 'return', return: given },
  complete: { type: 'complete' },
  abandon: { type: 'abandon' },
} as const satisfies Record<string, ArrivalCommand>;
type Asked = keyof typeof ask;

const spec = specificationOf(arrivalDecider);
const NAMES: Partial<Record<string, ArrivalEvent>> = happened;

/** `-` nothing, `!` refused, otherwise the event; in the order of `histories`. */
//         none     under-way verified completed returned abandoned never
const TABLE: Record<Asked, string> = {
  accept: '  accepted -         -        -         -        -         !',
  begin: '   !        -         -        -         -        !         !',
  answer: '  !        answered  answered answered  answered answered  !',
  fail: '    !        failed    failed   failed    failed   failed    !',
  verify: '  !        verified  -        -         !        !         !',
  return: '  !        returned  returned !         -        returned  !',
  complete: '!        !         completed -        !        !         !',
  abandon: ' abandoned abandoned abandoned !       -        -         -',
};

describe('an arrival', () => {
  const all = Object.keys(histories) as Reached[];
  it.each((Object.keys(TABLE) as Asked[]).flatMap((asked) => all.map((reached, at) => [asked, reached, at] as const)))(
    '%s of %s',
    (asked, reached, at) => {
      const cell = TABLE[asked].trim().split(/ +/)[at] ?? '';
      const when = spec.given(...histories[reached]).when(ask[asked]);
      if (cell === '!') expect(when.decision.kind).toBe('refused');
      else expect(when.decision).toEqual({ kind: 'accepted', events: cell === '-' ? [] : [NAMES[cell]] });
    },
  );

  it('says what is live here that it can only be moved back', () => {
    for (const asked of [ask.abandon, ask.return]) {
      spec
        .given(...histories.completed)
        .when(asked)
        .thenRefused('arrival-completed');
    }
  });

  it('is one arrival, of what was accepted', () => {
    spec
      .given(accepted)
      .when({ type: 'accept', accepted: { ...taken, lineage: id(9) } })
      .thenRefused('arrival-abandoned');
  });

  it('hears each answer of the source once, a failure as well', () => {
    for (const heard of [happened.answered, happened.failed]) {
      for (const asked of [ask.answer, ask.fail]) spec.given(accepted, heard).when(asked).thenNothing();
    }
    spec
      .given(accepted, happened.answered)
      .when({ ...ask.answer, job: id(8) })
      .thenTypes('portability.source-answered.v1');
  });

  it('is never both completed and returned, and abandoned by nothing once it is completed', () => {
    const commands = fc.array(fc.constantFrom<ArrivalCommand>(...Object.values(ask)), { maxLength: 30 });
    const ends = new Set<string>();
    fc.assert(
      fc.property(commands, (sequence) => {
        const events: string[] = [];
        let state = spec.given(accepted).state();
        for (const asked of sequence) {
          const decision = arrivalDecider.decide(asked, state);
          const decided = decision.kind === 'accepted' ? decision.events : [];
          state = decided.reduce(arrivalDecider.evolve, state);
          events.push(...decided.map(({ type }) => type));
        }
        const completed = events.indexOf(happened.completed.type);
        if (completed >= 0) {
          expect(events).not.toContain(happened.returned.type);
          expect(events).not.toContain(happened.abandoned.type);
        }
        ends.add(state.status);
      }),
      { numRuns: 1_000 },
    );
    expect([...ends].toSorted()).toEqual(['abandoned', 'completed', 'returned', 'under-way', 'verified']);
  });
});

describe('a comparison', () => {
  it('is equal when nothing differs, and shows what was counted', () => {
    expect(comparison).toEqual({
      equal: true,
      parts: [{ part: 'database', name: 'users', count: 3, digest: 'd' }],
      differences: [],
      identity: { before: identity, after: identity },
    });
    expect(findingsOf(comparison)).toEqual([]);
    expect(comparisonOf({ ...restored, report: null }, identity)).toMatchObject({ equal: true, parts: [] });
  });

  it('does not mind the order in which an identity is written', () => {
    const before = { a: 1, b: [2, 3] };
    expect(comparisonOf({ ...restored, identity: before }, { b: [2, 3], a: 1 }).equal).toBe(true);
    expect(comparisonOf({ ...restored, identity: before }, { b: [3, 2], a: 1 }).equal).toBe(false);
  });

  it('of what could not be started closed is one of its state only, and says so', () => {
    const atRest = comparisonOf(restored, null, { checked: false });
    expect(atRest).toMatchObject({ equal: true, identity: { before: identity, after: null, checked: false } });
    expect(findingsOf(atRest)).toEqual([]);
    expect(comparisonOf(restored, null)).toMatchObject({ equal: false });
    const differing = comparisonOf({ ...restored, differences: [missing] }, null, { checked: false });
    expect(findingsOf(differing)).toMatchObject([{ code: 'state-differs' }]);
    spec.given(accepted).when(verification(differing)).thenRefused('state-differs');
  });

  it('names every difference at once, each with its place', () => {
    const differing = comparisonOf({ ...restored, differences: [missing, fewer] }, { signingKey: 'ed25519:b' });
    expect(differing.equal).toBe(false);
    expect(findingsOf(differing).map(({ pointer, code, detail }) => [pointer, code, detail])).toEqual([
      ['/parts/media', 'state-differs', 'media: missing is 3 at the source and nothing here.'],
      ['/parts/database/users', 'state-differs', 'database, users: count is 3 at the source and 2 here.'],
      ['/identity/signingKey', 'identity-differs', expect.stringContaining('not known to the world')],
    ]);
    spec
      .given(accepted)
      .when(verification(differing))
      .thenRefused('state-differs', 'state-differs', 'identity-differs');
  });

  it('judges by what differs, not by what a caller says of it', () => {
    const claimed = { ...comparisonOf({ ...restored, differences: [fewer] }, identity), equal: true };
    spec.given(accepted).when(verification(claimed)).thenRefused('state-differs');
  });
});
