/** The campaign's own judgement: it must see what is wrong. */
import { describe, expect, it } from '@jest/globals';
import type { Position, RecordedEvent, StoredCommit } from '@freehold/kernel';
import { subjectOf } from '@freehold/log';
import { APPLICATIONS } from './applications.js';
import { afterEverySignal, atRandom, faultId, parseFault } from './fault.js';
import { ledgerOf } from './ledger.js';
import type { Machine } from './machine.js';
import { againstClean, againstLive, againstUndone } from './verdict.js';

const id = (digit: number): string => `${digit}`.repeat(8) + '-0000-4000-8000-000000000000';
const [OPERATOR, PROCESS, DEPLOYMENT, ENVIRONMENT] = [id(1), id(2), id(3), id(4)];
const ORDERED = { process: PROCESS, deployment: DEPLOYMENT };
const RADICALE = APPLICATIONS['radicale'] ?? { settings: {}, probe: { path: '', status: 0 }, unit: '' };

type Told = [aggregate: string, id: string, event: RecordedEvent];

/** Commits of one event each, in order. */
function logOf(told: readonly Told[], change: (commit: StoredCommit, index: number) => StoredCommit = (it) => it) {
  const last = new Map<string, { version: number; position: Position }>();
  return told.map(([aggregate, of, event], index) => {
    const subject = subjectOf({ context: 'deployment', operator: OPERATOR, aggregate, id: of });
    const { version = 0, position: previous = null } = last.get(subject) ?? {};
    const position: Position = `1:${index + 1}`;
    last.set(subject, { version: version + 1, position });
    const command = { id: `${String(index).padStart(8, '0')}-0000-4000-8000-000000000000`, name: 'x', digest: 'x' };
    const actor = { kind: 'system', id: 'test' } as const;
    const rest = { at: '2026-01-01T00:00:00Z', actor, command, cause: null, correlation: id(9), events: [event] };
    return change({ position, time: '0', subject, commit: { version: version + 1, previous, ...rest } }, index);
  });
}

const begun: Told = [
  'order-deployment',
  PROCESS,
  { type: 'deployment.process-started.v1', data: { definition: 1, input: { deployment: DEPLOYMENT }, at: '' } },
];
const ended = (outcome: string): Told => [
  'order-deployment',
  PROCESS,
  { type: 'deployment.process-ended.v1', data: { outcome, findings: [], at: '' } },
];
const live: Told = ['deployment', DEPLOYMENT, { type: 'deployment.went-live.v1', data: {} }];
const undone: Told = ['deployment', DEPLOYMENT, { type: 'deployment.order-undone.v1', data: {} }];

const nothing: Machine = { folders: [], records: [], claims: [], processes: [], builds: 0, desired: [], jobs: 0 };
const seen = (commits: readonly StoredCommit[], machine: Partial<Machine> = {}) => ({
  ledger: ledgerOf(commits),
  machine: { ...nothing, ...machine },
  host: 'vm',
  answers: false,
});

describe('the log, read by the campaign', () => {
  it('finds nothing wrong with versions that follow each other', () => {
    expect(ledgerOf(logOf([begun, live, ended('completed')])).breaches).toEqual([]);
  });

  it('finds a gap, a wrong predecessor and a command that is stored twice', () => {
    const changes: ((commit: StoredCommit) => StoredCommit)[] = [
      (it) => ({ ...it, commit: { ...it.commit, version: 3 } }),
      (it) => ({ ...it, commit: { ...it.commit, previous: null } }),
      (it) => ({ ...it, commit: { ...it.commit, command: { ...it.commit.command, id: id(0) } } }),
    ];
    for (const change of changes) {
      const commits = logOf([begun, ended('completed')], (it, index) => (index === 1 ? change(it) : it));
      expect(ledgerOf(commits).breaches).toHaveLength(1);
    }
  });
});

describe('an order that was given up', () => {
  it('is undone when nothing of it is left', () => {
    expect(againstUndone(seen(logOf([begun, undone, ended('failed')])), ORDERED)).toEqual([]);
  });

  it('is not while it is under way, or anything is left', () => {
    expect(againstUndone(seen(logOf([begun, undone])), ORDERED)).toHaveLength(1);
    const left: Partial<Machine>[] = [
      { folders: [ENVIRONMENT] },
      { records: [ENVIRONMENT] },
      { claims: ['port-20000'] },
      { processes: [{ pid: 1, command: 'pip', ports: [] }] },
      { builds: 1 },
      { desired: [`vm.${ENVIRONMENT}`] },
      { jobs: 1 },
    ];
    for (const each of left) expect(againstClean(seen([], each))).toHaveLength(1);
    expect(againstClean({ ...seen([]), answers: true })).toHaveLength(1);
  });

  it('is not live, whatever the process says', () => {
    const wrong = againstLive(seen(logOf([begun, ended('completed')])), ORDERED, RADICALE);
    expect(wrong).toContain('life of the deployment: undefined instead of "went-live"');
    expect(wrong).toContain('units: 0 instead of 1');
    expect(wrong).toContain('answers by name: false instead of true');
  });
});

describe('a fault', () => {
  it('has an id by which it is repeated', () => {
    const faults = ['nats@commit:7', 'platform@job-taken:1', 'postgres@1250ms', 'all@desired:2'];
    expect(faults.map((each) => faultId(parseFault(each)))).toEqual(faults);
    expect(() => parseFault('nats@commit:0')).toThrow(RangeError);
    expect(() => parseFault('dns@commit:1')).toThrow(RangeError);
  });

  it('is drawn again from the same seed', () => {
    const drawn = (seed: number) => atRandom(20, seed, 4_000, ['platform', 'nats']).map(faultId);
    expect(drawn(7)).toEqual(drawn(7));
    expect(drawn(7)).not.toEqual(drawn(8));
  });

  it('follows every signal for every victim', () => {
    const signals = [1, 2, 3].map((nth) => ({ name: 'commit' as const, nth, about: '', atMs: 0 }));
    expect(afterEverySignal(signals, ['nats', 'postgres']).map(faultId)).toHaveLength(6);
  });
});
