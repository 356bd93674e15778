/** The campaign's own judgement of moves: it must see what is wrong. */
import { describe, expect, it } from '@jest/globals';
import type { StoredCommit } from '@freehold/kernel';
import { subjectOf } from '@freehold/log';
import { afterEveryCommit, DISTURBANCES, drawMoveFaults, isMoment, moveFaultId, parseMoveFault } from './move-fault.js';
import { isSettled, type MoveLedger, moveLedgerOf } from './move-ledger.js';
import { againstSource, againstStuck, againstTarget, type SideSeen } from './move-verdict.js';
import type { Unit } from './single-writer.js';
import { Written } from './writer.js';

const id = (digit: number): string => `${digit}`.repeat(8) + '-0000-4000-8000-000000000000';

function logOf(...told: [aggregate: string, type: string, data?: object][]): MoveLedger {
  return moveLedgerOf(
    told.map(([aggregate, type, data], index): StoredCommit => {
      const subject = subjectOf({ context: 'portability', operator: id(1), aggregate, id: id(2) });
      const command = { id: id(3), name: 'x', digest: 'x' };
      const rest = { actor: { kind: 'system', id: 'test' } as const, command, cause: null, correlation: id(9) };
      const events = [{ type: `portability.${type}.v1`, data: { ...data } }];
      const commit = { version: 1, previous: null, at: '2026-01-01T00:00:00Z', ...rest, events };
      return { position: `1:${index + 1}`, time: '0', subject, commit };
    }),
  );
}

const ended = (kind: string, outcome: string) =>
  logOf(
    [kind, 'process-started', { input: { environment: id(4) } }],
    [kind, 'process-ended', { outcome, findings: [] }],
  );
const departed: MoveLedger = {
  departure: 'target-opened',
  processes: logOf(['depart', 'process-started', {}], ['depart', 'timer-set', { step: 'erase' }]).processes,
};
const reopened: MoveLedger = { ...ended('depart', 'failed'), departure: 'departure-reopened' };

const unit: Unit = { pid: 1, folder: 'x', open: true, ports: [20_000] };
const one = { uid: 'first', summary: 'tea' };
const written = (): Written => {
  const all = new Written();
  all.sent.set(one.uid, one.summary);
  all.acknowledge(one);
  return all;
};

const gone: SideSeen = {
  ...{ ledger: logOf(), breaches: [], units: [], folder: false, onDisk: undefined, shown: undefined },
  ...{ held: [], jobs: 0, moves: 0 },
};
const live: SideSeen = { ...gone, units: [unit], folder: true, onDisk: [one], shown: [one] };

describe('a move that stayed at the source', () => {
  const a = { ...live, ledger: reopened };
  const b = { ...gone, ledger: ended('arrive', 'failed') };

  it('is right when it runs there and nothing is left at the target', () => {
    expect(againstSource({ a, b }, written())).toEqual([]);
    expect(againstTarget({ a, b }, written())).not.toEqual([]);
    expect(againstStuck({ a, b }, written())).toContain('nothing is stuck');
  });

  it('is wrong when anything is left at the target', () => {
    const left: Partial<SideSeen>[] = [
      ...[{ units: [unit] }, { folder: true }, { held: ['name x'] }, { shown: [one] }, { moves: 1 }, { jobs: 1 }],
      ...[{ breaches: ['a gap'] }, { ledger: ended('arrive', 'completed') }],
    ];
    for (const each of left) expect(againstSource({ a, b: { ...b, ...each } }, written())).toHaveLength(1);
  });

  it('is wrong when it is not whole or does not run there', () => {
    const source: Partial<SideSeen>[] = [
      ...[{ shown: undefined }, { shown: [] }, { shown: [one, one] }, { shown: [one, { uid: 'x', summary: 'y' }] }],
      ...[{ units: [] }, { units: [unit, unit] }, { units: [{ ...unit, open: false }] }],
      ...[{ ledger: { ...reopened, departure: 'handed-over' } }],
    ];
    for (const each of source) expect(againstSource({ a: { ...a, ...each }, b }, written())).toHaveLength(1);
  });
});

describe('a move that reached the target', () => {
  const a: SideSeen = { ...live, units: [], ledger: departed };
  const b: SideSeen = { ...live, ledger: ended('arrive', 'completed') };

  it('is right when it runs there and is shown by both routers', () => {
    expect(againstTarget({ a, b }, written())).toEqual([]);
    expect(againstSource({ a, b }, written())).not.toEqual([]);
  });

  it('is wrong when it runs at the source, too, or what was acknowledged is not there', () => {
    expect(againstTarget({ a: { ...a, units: [unit] }, b }, written())).toHaveLength(1);
    expect(againstTarget({ a: { ...a, shown: undefined }, b }, written())).toHaveLength(1);
    expect(againstTarget({ a: { ...a, folder: false }, b }, written())).toHaveLength(1);
    const changed = [{ uid: one.uid, summary: 'coffee' }];
    expect(againstTarget({ a, b: { ...b, shown: changed } }, written())).toHaveLength(2);
  });
});

describe('a move that is stuck', () => {
  const stuck = (findings: object[]) =>
    logOf(['arrive', 'process-started', {}], ['arrive', 'process-stuck', { step: 'open', findings }]);
  const finding = { pointer: '', code: 'x', detail: 'The source does not say what it is.', hint: '' };

  it('is right with a sentence and a whole copy', () => {
    expect(againstStuck({ a: live, b: { ...gone, ledger: stuck([finding]) } }, written())).toEqual([]);
  });

  it('is wrong without a word, without a whole copy, or when both run', () => {
    expect(againstStuck({ a: live, b: { ...gone, ledger: stuck([]) } }, written())).toHaveLength(1);
    expect(
      againstStuck({ a: { ...live, onDisk: [] }, b: { ...gone, ledger: stuck([finding]) } }, written()),
    ).toHaveLength(1);
    expect(againstStuck({ a: live, b: { ...live, ledger: stuck([finding]) } }, written())).toHaveLength(1);
  });
});

describe('what both logs say', () => {
  it('is settled when processes have ended, or wait for the time of erasing', () => {
    expect(isSettled({ a: departed, b: ended('arrive', 'completed') })).toBe(true);
    expect(isSettled({ a: reopened, b: ended('arrive', 'failed') })).toBe(true);
    expect(isSettled({ a: departed, b: logOf(['arrive', 'process-started', {}]) })).toBe(false);
    expect(isSettled({ a: logOf(['departure', 'seal-asked']), b: ended('arrive', 'failed') })).toBe(false);
  });
});

describe('a fault of a move', () => {
  const signal = (nth: number) => ({ name: 'commit' as const, nth, about: '', atMs: 0 });
  const signals = { a: [1, 2].map(signal), b: [1, 2, 3].map(signal) };

  it('has an id by which it is repeated', () => {
    const faults = [
      'a.platform@b.commit:7',
      'platforms@a.job-taken:1',
      'undo@1250ms',
      'b.cut@a.deployment-left',
      'undo@b.step-done.open',
    ];
    expect(faults.map((each) => moveFaultId(parseMoveFault(each)))).toEqual(faults);
    for (const wrong of ['a.platform@c.commit:1', 'platform@a.commit:1', 'a.nats@a.commit:0', 'undo'])
      expect(() => parseMoveFault(wrong)).toThrow(RangeError);
  });

  it('comes with the event of its step', () => {
    const { moment } = parseMoveFault('undo@b.step-succeeded.open');
    const heard = (about: string) => isMoment(moment, 'b', { ...signal(1), about });
    expect(heard('x.step-succeeded.v1 open')).toBe(true);
    expect(heard('x.step-succeeded.v1 open, x.process-ended.v1')).toBe(true);
    for (const other of ['x.step-succeeded.v1 reopen-it', 'x.step-started.v1 open']) expect(heard(other)).toBe(false);
    expect(isMoment(moment, 'a', { ...signal(1), about: 'x.step-succeeded.v1 open' })).toBe(false);
  });

  it('is drawn again from the same seed, each disturbance as often as the others', () => {
    const drawn = (seed: number) =>
      drawMoveFaults(DISTURBANCES.length * 2, seed, signals, DISTURBANCES).map(moveFaultId);
    expect(drawn(7)).toEqual(drawn(7));
    expect(drawn(7)).not.toEqual(drawn(8));
    const whats = drawn(7).map((each) => each.split('@')[0] ?? '');
    expect(whats.toSorted()).toEqual([...DISTURBANCES, ...DISTURBANCES].toSorted());
  });

  it('follows every commit of either side', () => {
    expect(afterEveryCommit(signals, ['a.nats', 'b.nats'])).toHaveLength(10);
  });
});
