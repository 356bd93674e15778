/** The campaign's own judgement, and its disk: both must be able to find fault. */
import { describe, expect, it } from '@jest/globals';
import type { Commit, Position, StoredCommit } from '@freehold/kernel';
import { type Found, PowerLedger } from './ledger.js';
import { forgetLost, isClean, verdictOf } from './power-verdict.js';
import { VolatileDisk } from './volatile-disk.js';

const SUBJECT = 'log.00.deployment.a.deployment.b';
const KEY = 'OPS key';

const commit = (version: number, previous: Position | null): Commit => ({
  version,
  previous,
  at: '2026-01-01T00:00:00Z',
  actor: { kind: 'system', id: 'test' },
  command: { id: `command ${version}`, name: 'x', digest: 'x' },
  cause: null,
  correlation: 'x',
  events: [],
});

/** Three commits of one aggregate, all acknowledged, and three puts to one key, two of them acknowledged. */
function world(): { ledger: PowerLedger; commits: StoredCommit[]; found: Found } {
  const ledger = new PowerLedger();
  const commits = [1, 2, 3].map((version): StoredCommit => {
    const each = commit(version, version === 1 ? null : `1:${version - 1}`);
    ledger.send(SUBJECT, each);
    ledger.acknowledged.set(each.command.id, `1:${version}`);
    return { subject: SUBJECT, position: `1:${version}`, time: '0', commit: each };
  });
  for (const value of ['a', 'b', 'c']) ledger.putSent(KEY, value);
  ledger.putAcknowledged(KEY, 1);
  return { ledger, commits, found: { commits, head: '1:3', values: new Map([[KEY, 'b']]) } };
}

describe('the verdict on a power cut', () => {
  it('is clean when everything acknowledged is there, unanswered puts either way', () => {
    const { ledger, found } = world();
    expect(isClean(verdictOf(ledger, found))).toBe(true);
    expect(isClean(verdictOf(ledger, { ...found, values: new Map([[KEY, 'c']]) }))).toBe(true);
  });

  it('counts what is lost, and counts it once', () => {
    const { ledger, commits, found } = world();
    const less = { ...found, commits: commits.slice(0, 1), head: '1:1' as Position, values: new Map<string, string>() };
    expect(verdictOf(ledger, less)).toEqual({ lost: 2, doubled: 0, changed: 0, gaps: 0, putsLost: 2 });
    forgetLost(ledger, less);
    expect(isClean(verdictOf(ledger, less))).toBe(true);
  });

  it('counts an older value as a put that was lost', () => {
    const { ledger, found } = world();
    expect(verdictOf(ledger, { ...found, values: new Map([[KEY, 'a']]) }).putsLost).toBe(1);
  });

  it('sees doubles, other bytes, another place, and what nobody sent', () => {
    const { ledger, commits, found } = world();
    const [first, second, third] = commits;
    if (first === undefined || second === undefined || third === undefined) throw new Error('there are three');
    const seen = (last: StoredCommit[]) => {
      const all = [first, second, ...last];
      return verdictOf(ledger, { ...found, commits: all, head: `1:${all.length}` });
    };
    expect(seen([third, { ...third, position: '1:4' }])).toMatchObject({ doubled: 1, changed: 1, gaps: 1 });
    expect(seen([{ ...third, commit: { ...third.commit, at: '2026-01-02T00:00:00Z' } }])).toMatchObject({ changed: 1 });
    expect(seen([{ ...third, position: '1:4' }])).toMatchObject({ changed: 1, gaps: 1 });
    expect(seen([third, { ...third, position: '1:4', commit: commit(4, '1:3') }])).toMatchObject({
      changed: 1,
      gaps: 0,
    });
  });

  it('sees a missing first position and a head beyond the last', () => {
    const { ledger, commits, found } = world();
    expect(verdictOf(ledger, { ...found, commits: commits.slice(1) }).gaps).toBeGreaterThan(0);
    expect(verdictOf(ledger, { ...found, head: '1:4' }).gaps).toBe(1);
  });
});

describe('a disk with a volatile cache', () => {
  const full = (byte: number): Buffer => Buffer.alloc(512, byte);

  it('loses at a cut what was not flushed, sector by sector', () => {
    const disk = new VolatileDisk(Buffer.alloc(2048));
    disk.write(0, full(1));
    disk.flush();
    disk.write(0, Buffer.concat([full(2), full(2), full(2)]));
    disk.write(512, full(3));
    expect(disk.cut((sector) => sector === 1)).toEqual({ unsynced: 3, dropped: 2 });
    expect([0, 512, 1024].map((offset) => disk.read(offset, 1)[0])).toEqual([1, 3, 0]);
    expect(disk.cut(() => false)).toEqual({ unsynced: 0, dropped: 0 });
  });

  it('keeps what went past the cache', () => {
    const disk = new VolatileDisk(Buffer.alloc(512));
    disk.write(0, full(1));
    disk.write(0, full(2), true);
    disk.cut(() => false);
    expect(disk.read(0, 1)[0]).toBe(2);
  });
});
