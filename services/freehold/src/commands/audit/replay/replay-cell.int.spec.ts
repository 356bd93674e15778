/** Any history, any moment: scattered to disk and folded file by file it is what one fold in memory makes of it. */
import { accountsService } from '@freehold/accounts';
import { commitLeaf } from '@freehold/evidence';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { comparePositions, type Position, type StoredCommit } from '@freehold/kernel';
import { encodeCommit, subjectOf } from '@freehold/log';
import { untilMoment } from '@freehold/platform';
import fc from 'fast-check';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { differencesIn, resourcesIn, type ToldResource } from './replay-cell.js';
import { ScatteredCommits } from './scattered-commits.js';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const idOf = (which: number): string => `${String(which).padStart(8, '7')}-0000-4000-8000-000000000000`;
const EVENTS = [
  { type: 'accounts.subscription-agreed.v1', data: { plan: 'small', places: 2 } },
  { type: 'accounts.subscription-changed.v1', data: { plan: 'large', places: 5 } },
  { type: 'accounts.place-reserved.v1', data: { deployment: NOBODY } },
  { type: 'accounts.subscription-ended.v1', data: {} },
];

/** Which operator, what happens, how time goes on (also back), and whether a volume begins. */
const step = fc.record({
  which: fc.nat(30),
  event: fc.constantFrom(...EVENTS),
  later: fc.integer({ min: -3, max: 5 }),
  isNewVolume: fc.integer({ min: 0, max: 20 }).map((number) => number === 0),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

function historyOf(steps: readonly Step[]): StoredCommit[] {
  const last = new Map<number, StoredCommit>();
  let [volume, sequence, time] = [1, 0, 1_000_000_000n];
  return steps.map(({ which, event, later, isNewVolume }) => {
    [volume, sequence] = isNewVolume ? [volume + 1, 1] : [volume, sequence + 1];
    time += BigInt(later);
    const before = last.get(which);
    const stored: StoredCommit = {
      position: `${volume}:${sequence}`,
      time: String(time),
      subject: subjectOf({ context: 'accounts', operator: idOf(which), aggregate: 'subscription', id: idOf(which) }),
      commit: {
        ...{ version: (before?.commit.version ?? 0) + 1, previous: before?.position ?? null },
        ...{ at: '2026-11-22T00:00:00Z', actor: { kind: 'process', id: NOBODY } },
        ...{ command: { id: NOBODY, name: 'a', digest: '' }, cause: null, correlation: NOBODY, events: [event] },
      },
    };
    last.set(which, stored);
    return stored;
  });
}

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'freehold-scattered-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const kinds = accountsService.replayable;
const instantOf = (time: bigint): string => `1970-01-01T00:00:01.${String(time - 1_000_000_000n).padStart(9, '0')}Z`;

async function scattered(commits: readonly StoredCommit[], moment: string): Promise<ScatteredCommits> {
  const found = new ScatteredCommits(scratch, 2_000);
  const isUpTo = untilMoment(moment);
  for (const stored of commits) {
    if (!isUpTo(stored)) break;
    await found.add(stored.subject, commitLeaf({ ...stored, body: encodeCommit(stored.commit) }));
  }
  return found;
}

/** What was served once the last of these commits was there: rows, changed by one commit after the other. */
async function servedAfter(commits: readonly StoredCommit[]): Promise<Map<string, ToldResource>> {
  const served = new Map<string, ToldResource>();
  const own = new Map<string, StoredCommit[]>();
  for (const stored of commits) {
    const id = stored.subject.split('.').at(-1) ?? '';
    own.set(id, [...(own.get(id) ?? []), stored]);
  }
  for (const [id, all] of own) {
    const told = await kinds.find(({ kind }) => kind === 'accounts.subscription')?.fold(all);
    if (told) served.set(id, { kind: 'accounts.subscription', id, ...told });
  }
  return served;
}

it('is at any moment what the longest prefix up to it makes, by kind and id', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), fc.nat(100), async (steps, nanoseconds) => {
      const commits = historyOf(steps);
      const moment = 1_000_000_000n + BigInt(nanoseconds);
      const end = commits.findIndex(({ time }) => BigInt(time) > moment);
      const served = await servedAfter(end === -1 ? commits : commits.slice(0, end));
      await using found = await scattered(commits, instantOf(moment));
      const told: ToldResource[] = [];
      for await (const each of resourcesIn(found.aggregates(), kinds)) told.push(each);
      expect(told).toEqual([...served.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1)));
    }),
    { numRuns: 60 },
  );
  expect(await readdir(scratch)).toEqual([]);
}, 120_000);

it('differs between two positions by what was served at both', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 60 }), fc.nat(), fc.nat(), async (steps, one, other) => {
      const commits = historyOf(steps);
      const [first, last] = [one % commits.length, other % commits.length].toSorted((a, b) => a - b);
      const at = (index = 0): Position => commits[index]?.position ?? '1:0';
      const [was, is] = [
        await servedAfter(commits.slice(0, (first ?? 0) + 1)),
        await servedAfter(commits.slice(0, (last ?? 0) + 1)),
      ];
      await using found = await scattered(commits, at(last));
      const told = new Set<string>();
      for await (const { id, change, commits: by, ...each } of differencesIn(found.aggregates(), kinds, at(first))) {
        told.add(id);
        expect([each.was?.recorded, each.is?.recorded]).toEqual([was.get(id)?.recorded, is.get(id)?.recorded]);
        expect(change).toBe(was.has(id) ? (is.has(id) ? 'changed' : 'went') : 'came');
        for (const { position } of by) expect(comparePositions(position, at(first))).toBeGreaterThan(0);
      }
      for (const id of new Set([...was.keys(), ...is.keys()])) {
        const isSame = JSON.stringify(was.get(id)?.recorded) === JSON.stringify(is.get(id)?.recorded);
        expect({ id, isTold: told.has(id) }).toEqual({ id, isTold: !isSame });
      }
    }),
    { numRuns: 60 },
  );
}, 120_000);
