import { specificationOf } from '@freehold/decider';
import type { DepartureEvent } from '@freehold/portability-contract';
import { describe, expect, it } from '@jest/globals';
import { departureDecider } from './departure.decide.js';
import {
  ask,
  type Asked,
  DEADLINE,
  EARLY,
  EXPIRES,
  handover,
  happened,
  histories,
  id,
  LATE,
  type Reached,
  reopened,
  returnOf,
  STRANGER,
  TARGET,
} from './departure.fixture.js';
import { ifAbandoned, standingOf } from './standing.js';
import type { Departure } from './departure.js';

const spec = specificationOf(departureDecider);
const given = (reached: Reached) => spec.given(...histories[reached]);
const ALL = Object.keys(histories) as Reached[];
const EVENTS: Partial<Record<string, string>> = {
  ...{ granted: 'departure-granted', bound: 'departure-bound', confirmed: 'departure-confirmed', asked: 'seal-asked' },
  ...{ published: 'seal-published', extended: 'deadline-extended', tenure: 'tenure-asked', over: 'handed-over' },
  ...{ abandoned: 'departure-abandoned', reopened: 'departure-reopened', opened: 'target-opened' },
  ...{ returned: 'departure-returned', home: 'home-answered', erased: 'departure-erased' },
};

/**
 * What each command comes to in each state, in the order of `ALL`: `-` nothing, `!` refused, otherwise the events. A table,
 * because what matters is that no cell is forgotten.
 */
//              none    granted   bound     sealing            sealed             leaving            handed-over opened reopening reopened abandoned returned erased
const TABLE: Record<Asked, string> = {
  grant:
    '        granted -       -         -                  -                  -                  -        -      -        -        -        -    -',
  bind: '         !       bound   -         -                  -                  -                  -        -      -        -        -        -    -',
  confirm:
    '      !       !       -         -                  -                  -                  -        -      -        -        -        -    -',
  askSeal:
    '      !       !       asked     -                  -                  -                  -        -      !        !        !        !    !',
  publishSeal:
    '  !       !       !         published          -                  -                  -        -      -        -        !        -    -',
  extend:
    '       !       -       -         -                  extended           -                  -        -      -        -        -        -    -',
  extendCapture:
    ' !      -       -         extended           -                  -                  -        -      -        -        -        -    -',
  expectTenure:
    ' !       !       !         -                  -                  -                  !        !      !        !        !        !    !',
  askTenure:
    '    !       !       !         !                  tenure             -                  -        -      -        -        !        -    -',
  abandon:
    '      !       abandoned abandoned abandoned        abandoned          !                  !        !      -        -        -        -    !',
  expire:
    '       !       -       -         abandoned          abandoned          -                  -        -      -        -        -        -    -',
  recordReopened:
    '! reopened reopened abandoned+reopened abandoned+reopened abandoned+reopened !        !      reopened -        reopened -    !',
  handOver:
    '     !       !       !         !                  !                  over               -        -      !        !        !        -    -',
  expectOpened:
    ' !       !       !         !                  !                  !                  -        -      !        !        !        -    -',
  recordOpened:
    ' !       !       !         !                  !                  !                  opened   -      !        !        !        !    -',
  requireReturn:
    '!       -       -         abandoned          abandoned          abandoned          !        !      -        -        -        -    !',
  recordHomeAnswer: '! home home home home home home home home home home home home',
  return:
    '       !       !       !         !                  !                  !                  returned !      !        !        !        -    !',
  recordErased:
    ' !       !       !         !                  !                  !                  !        erased !        !        !        !    -',
};

describe('a departure', () => {
  it.each((Object.keys(TABLE) as Asked[]).flatMap((asked) => ALL.map((reached, at) => [asked, reached, at] as const)))(
    '%s of %s',
    (asked, reached, at) => {
      const cell = TABLE[asked].trim().split(/ +/)[at];
      const { decision } = given(reached).when(ask[asked]);
      const types = cell === '-' ? [] : cell?.split('+').map((name) => `portability.${EVENTS[name]}.v1`);
      if (cell === '!') expect(decision.kind).toBe('refused');
      else expect(decision.kind === 'accepted' ? decision.events.map(({ type }) => type) : decision).toEqual(types);
    },
  );
});

describe('a grant', () => {
  it('is bound by the provider that it names, and by no other', () => {
    given('granted').when(ask.bind).then(happened.bound);
    given('granted')
      .when({ ...ask.bind, by: STRANGER })
      .thenRefused('grant-of-another');
    given('granted')
      .when({ ...ask.bind, by: { ...TARGET, kid: STRANGER.kid } })
      .thenRefused('grant-of-another');
  });

  it('to nobody in particular is bound by the first who comes, who is then confirmed', () => {
    const open = spec.given(happened.grantedToAnybody);
    open.when({ ...ask.bind, by: STRANGER }).thenTypes('portability.departure-bound.v1');
    const bound = [happened.grantedToAnybody, happened.bound];
    spec
      .given(...bound)
      .when({ ...ask.bind, by: STRANGER })
      .thenRefused('grant-of-another');
    spec
      .given(...bound)
      .when(ask.askSeal)
      .thenRefused('departure-unconfirmed');
    spec
      .given(...bound)
      .when({ ...ask.confirm, matches: false })
      .thenRefused('fingerprint-differs');
    spec
      .given(...bound)
      .when(ask.confirm)
      .then(happened.confirmed);
    spec
      .given(...bound, happened.confirmed)
      .when(ask.askSeal)
      .then(happened.sealAsked);
    open.when(ask.confirm).thenRefused('nobody-came');
    spec
      .given(...bound, happened.abandonedByTarget)
      .when(ask.confirm)
      .thenRefused('departure-ended');
  });

  it('is over when the source’s clock says so, but the same one again is answered alike', () => {
    given('granted')
      .when({ ...ask.bind, at: EXPIRES })
      .thenRefused('grant-expired');
    given('bound')
      .when({ ...ask.bind, at: LATE })
      .thenNothing();
    given('bound')
      .when({ ...ask.askSeal, at: EXPIRES })
      .thenRefused('grant-expired');
    given('sealing')
      .when({ ...ask.askSeal, at: LATE })
      .thenNothing();
  });

  it('is for one deployment', () => {
    given('bound')
      .when({ ...ask.grant, deployment: id(9) })
      .thenRefused('departure-differs');
  });
});

describe('a seal', () => {
  const at = (minute: number) => `2026-11-21T12:${minute}:00.000Z`;

  it('ends by the source’s clock only, not a moment earlier', () => {
    given('sealed')
      .when({ ...ask.expire, at: '2026-11-21T12:29:59.999Z' })
      .thenNothing();
    const tooLate = given('sealed').when({ ...ask.expire, at: DEADLINE }).decision;
    expect(tooLate).toMatchObject({
      events: [{ data: { by: 'deadline', findings: [{ code: 'seal-deadline-passed' }] } }],
    });
    spec
      .given(...histories.sealed, happened.extended)
      .when(ask.expire)
      .thenNothing();
    spec
      .given(...histories.sealed, happened.extended)
      .when({ ...ask.expire, at: at(50) })
      .thenTypes('portability.departure-abandoned.v1');
  });

  it('is given up, and said to be, when there is nothing to sign within the same time', () => {
    given('sealing')
      .when({ ...ask.expire, at: '2026-11-21T12:29:59.999Z' })
      .thenNothing();
    expect(given('sealing').when(ask.expire).decision).toMatchObject({
      events: [{ data: { by: 'deadline', findings: [{ code: 'capture-deadline-passed' }] } }],
    });
    const extended = spec.given(...histories.sealing, happened.extended);
    extended.when(ask.expire).thenNothing();
    given('sealing').when(ask.extendCapture).then(happened.extended);
    const before = { type: 'portability.seal-asked.v1', data: { at: EARLY } } as const;
    spec.given(happened.granted, happened.bound, before).when(ask.expire).thenNothing();
  });

  it('is extended while the target gets on, seldom, and never after its time', () => {
    given('sealed').when(ask.extend).then(happened.extended);
    given('sealed')
      .when({ ...ask.extend, at: at(4) })
      .thenNothing();
    given('sealed')
      .when({ ...ask.extend, at: DEADLINE })
      .thenNothing();
  });

  it('breaks a request for the tenure that comes at its deadline', () => {
    given('sealed')
      .when({ ...ask.askTenure, at: DEADLINE })
      .thenTypes('portability.departure-abandoned.v1');
    given('leaving')
      .when({ ...ask.askTenure, at: LATE })
      .thenNothing();
  });
});

describe('abandoned, too late, or asked for the tenure: whichever comes first', () => {
  const over = [happened.abandonedByTarget, happened.tenureAsked] as const;
  it.each([
    ['abandon', 'askTenure', [over[0]]],
    ['askTenure', 'abandon', [over[1]]],
    ['expire', 'askTenure', [{ type: over[0].type }]],
    ['askTenure', 'expire', [over[1]]],
    ['expire', 'abandon', [{ type: over[0].type }]],
    ['abandon', 'expire', [over[0]]],
  ] as const)('%s, then %s', (first, second, expected) => {
    const events: DepartureEvent[] = [];
    for (const asked of [first, second]) {
      const { decision } = spec.given(...histories.sealed, ...events).when(ask[asked]);
      if (decision.kind === 'accepted') events.push(...decision.events);
    }
    expect(events).toMatchObject(expected);
  });
});

describe('a handover', () => {
  it('is signed once; the target gets the same one for ever', () => {
    given('leaving').when(ask.handOver).then(happened.handedOver);
    const other = { ...handover, signature: 'x'.repeat(86) };
    given('handed-over').when({ type: 'hand-over', handover: other }).thenNothing();
  });

  it('is not signed any more once its undo has passed, and the tenure is not said to be both here and there', () => {
    given('leaving').when(ask.requireReturn).then(happened.abandonedByProcess);
    const undone = spec.given(...histories.leaving, happened.abandonedByProcess);
    undone.when(ask.handOver).thenRefused('departure-not-handed-over');
    undone.when(ask.recordReopened).then(happened.reopened);
    given('handed-over').when(ask.recordReopened).thenRefused('tenure-not-returned');
    given('handed-over').when(ask.requireReturn).thenRefused('tenure-not-returned');
  });

  it.each([
    ['of another departure', { departure: id(9) }],
    ['of another lineage', { lineage: id(9) }],
    ['of the epoch that was handed over', { epoch: 2 }],
    ['of an epoch too far', { epoch: 4 }],
  ])('does not come back by a return %s', (_, changed) => {
    given('handed-over')
      .when({ type: 'return', return: returnOf(changed) })
      .thenRefused('return-invalid');
  });

  it('comes back or is opened there, whichever comes first', () => {
    given('opened').when(ask.return).thenRefused('return-invalid');
    given('returned').when(ask.recordOpened).thenRefused('departure-not-handed-over');
    given('returned').when(ask.requireReturn).thenNothing();
  });
});

describe('a departure as the target sees it', () => {
  const standing = (reached: Reached) => {
    const state: Departure = given(reached).state();
    if (state.status === 'none') throw new Error('nobody sees it');
    return standingOf(state);
  };

  it('shows the seal and its deadline while it stands', () => {
    expect(standing('sealed')).toMatchObject({ status: 'sealed', deadline: DEADLINE, seal: { kind: 'seal' } });
    expect(standing('leaving')).toMatchObject({ status: 'leaving', deadline: null, seal: { kind: 'seal' } });
    for (const reached of ['reopening', 'reopened'] as const) expect(standing(reached).seal).toBeNull();
  });

  it('answers a handover or that it was reopened, never both', () => {
    expect(standing('handed-over')).toMatchObject({ status: 'handed-over', handover, reopened: null });
    expect(standing('opened')).toMatchObject({ status: 'handed-over', handover });
    expect(standing('reopened')).toMatchObject({ status: 'reopened', handover: null, reopened });
    expect(standing('abandoned')).toMatchObject({ status: 'reopened', handover: null, reopened: null });
  });

  it('does not say whether it was confirmed, nor by whom', () => {
    expect(Object.keys(standing('bound')).toSorted()).toEqual(['deadline', 'handover', 'reopened', 'seal', 'status']);
  });

  it('says for each state what giving it up would do', () => {
    const texts = ALL.filter((reached) => reached !== 'none').map((reached) => ifAbandoned(reached));
    expect(texts.filter((text) => text.startsWith('It cannot'))).toHaveLength(3);
    expect(texts.every((text) => text.endsWith('.'))).toBe(true);
  });
});
