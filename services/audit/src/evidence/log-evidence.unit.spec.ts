import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  commitLeafHashes,
  EMPTY_ROOT,
  MerkleTree,
  memoryTiles,
  noteSigners,
  openCheckpoint,
  parseVerifierKey,
  readNoteKeys,
  toldKeys,
  verifierOf,
  withNextNoteKey,
} from '@freehold/evidence';
import type { Position } from '@freehold/kernel';
import { type Log, memoryLog, subjectOf } from '@freehold/log';
import { startLogging } from '@freehold/platform';
import { eventually } from '@freehold/supervisor/testing';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { LogEvidence } from './log-evidence.js';
import { memoryEvidence } from './memory-evidence.store.js';

const ORIGIN = 'cloud.example/log';
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const FIRST = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
/** The file of the log's keys. */
let keyFile = FIRST;
const signers = () => noteSigners(ORIGIN, readNoteKeys('log.pem', keyFile), Date.now());
const log = [verifierOf({ name: ORIGIN, type: 'ed25519', publicKey })];

type Store = ReturnType<typeof memoryEvidence>;
const running: LogEvidence[] = [];
beforeAll(() => void startLogging({ level: 'silent' }));
afterEach(async () => {
  keyFile = FIRST;
  for (const each of running.splice(0)) await each.stop();
});

/** Appends first commits of as many aggregates. */
async function append(into: Log, count: number): Promise<void> {
  for (let each = 0; each < count; each += 1) {
    const id = randomUUID();
    const subject = subjectOf({ context: 'deployment', operator: randomUUID(), aggregate: 'deployment', id });
    await into.append(
      subject,
      {
        version: 1,
        previous: null,
        at: '2026-11-21T12:00:00.000Z',
        actor: { kind: 'system', id: 'test' },
        command: { id, name: 'deployment.order', digest: 'digest' },
        cause: null,
        correlation: id,
        events: [{ type: 'deployment.deployment-ordered.v1', data: {} }],
      },
      null,
    );
  }
}

function follow(source: Log, store: Store, signEveryMs = 1): LogEvidence {
  const evidence = new LogEvidence({ log: source, store, signers, signEveryMs, lookEveryMs: 1 });
  running.push(evidence);
  evidence.start();
  return evidence;
}

const signedSize = async (store: Store): Promise<number> => (await store.last())?.checkpoint.size ?? 0;
const signs = async (store: Store, size: number): Promise<void> => {
  expect(await eventually(async () => (await signedSize(store)) === size)).toBe(true);
};
const stopped = (evidence: LogEvidence) => eventually(async () => evidence.health().status === 'down');

/** The root as its definition has it: of a tree that nobody kept. */
async function rootOf(source: Log): Promise<Uint8Array> {
  const tree = await MerkleTree.open(memoryTiles());
  for await (const commit of source.rangeRaw('1:0', await source.head())) await tree.append(commitLeafHashes([commit]));
  return tree.root();
}

/** A log that gives out other bytes at one place. */
const changedAt = (source: Log, position: string): Log => {
  const change = async function* (commits: ReturnType<Log['rangeRaw']>): ReturnType<Log['rangeRaw']> {
    for await (const each of commits)
      yield each.position === position ? { ...each, time: `${each.time.slice(0, -1)}7` } : each;
  };
  return {
    ...source,
    followRaw: (after, options) => change(source.followRaw(after, options)),
    rangeRaw: (after, to) => change(source.rangeRaw(after, to)),
  };
};

describe('the evidence of the log', () => {
  it('is a checkpoint, signed by the log’s key, of exactly the commits that the log has', async () => {
    const [source, store] = [memoryLog(), memoryEvidence()];
    await append(source, 600);
    follow(source, store);
    await signs(store, 600);
    await append(source, 1);
    await signs(store, 601);
    const opened = openCheckpoint((await store.last())!.note, { origin: ORIGIN, keys: { log } });
    if (opened.kind === 'refused') throw new Error(JSON.stringify(opened.findings));
    expect(opened.value.checkpoint).toMatchObject({ origin: ORIGIN, size: 601 });
    expect(Buffer.from(opened.value.checkpoint.root)).toEqual(Buffer.from(await rootOf(source)));
  });

  it('is not signed while the log is empty, nor twice when nothing happens, nor more often than it should', async () => {
    const [source, store] = [memoryLog(), memoryEvidence()];
    const evidence = follow(source, store, 3_600_000);
    expect(await eventually(async () => evidence.health().details['state'] === 'following')).toBe(true);
    expect(store.kept).toEqual([]);
    await append(source, 3);
    await eventually(async () => (await signedSize(store)) > 0);
    const first = await signedSize(store);
    await append(source, 300);
    expect(await eventually(async () => evidence.health().details['leaves'] === 303)).toBe(true);
    expect(store.kept).toHaveLength(1);
    expect(first).toBeLessThanOrEqual(3);
  });

  it('is signed at once for who needs it, and no more than once for each commit', async () => {
    const [source, store] = [memoryLog(), memoryEvidence()];
    await append(source, 3);
    const evidence = follow(source, store, 3_600_000);
    await signs(store, 3);
    await append(source, 2);
    await Promise.all(['1:4', '1:5', '1:2'].map((position) => evidence.signSoon(position as Position, 10_000)));
    expect(await signedSize(store)).toBe(5);
    const before = store.kept.length;
    await evidence.signSoon('1:5', 10_000);
    await append(source, 1);
    await evidence.signSoon('1:5', 10_000);
    await evidence.signSoon('1:7', 20);
    await evidence.signSoon('9:1', 20);
    expect(store.kept).toHaveLength(before);
    await evidence.stop();
    await evidence.signSoon('1:6', 10_000);
    expect(await signedSize(store)).toBe(5);
  });

  it('goes on after a stop at any moment, to the same root', async () => {
    const [source, store] = [memoryLog(), memoryEvidence()];
    for (const count of [1, 255, 1, 300, 2]) {
      await append(source, count);
      const evidence = follow(source, store, count === 300 ? 3_600_000 : 1);
      if (count !== 300) await signs(store, Number((await source.head()).slice(2)));
      await evidence.stop();
    }
    expect(Buffer.from((await store.last())!.checkpoint.root)).toEqual(Buffer.from(await rootOf(source)));
  });

  it('is signed by one of two that follow at once, each time', async () => {
    const [source, store] = [memoryLog(), memoryEvidence()];
    follow(source, store);
    follow(source, store);
    for (let round = 0; round < 5; round += 1) {
      await append(source, 70);
      await signs(store, 70 * (round + 1));
    }
    const sizes = store.kept.map(({ note }) => Number(note.split('\n')[1]));
    expect(sizes).toEqual([...new Set(sizes)].toSorted((a, b) => a - b));
    expect(running.map((each) => each.health().status)).toEqual(['up', 'up']);
  });
});

describe('a log whose key is changed', () => {
  const change = (from: number, until: number): void => {
    const named = { name: ORIGIN, type: 'ed25519' } as const;
    keyFile = withNextNoteKey('log.pem', keyFile, { ...named, from: new Date(from), until: new Date(until) });
  };
  const newest = () => {
    const told = toldKeys(readNoteKeys('log.pem', keyFile), { name: ORIGIN, type: 'ed25519' }, Date.now());
    const parsed = parseVerifierKey(told.key);
    if (parsed.kind === 'refused') throw new Error(told.key);
    return parsed.value;
  };
  const isBelieved = async (store: Store, by = log): Promise<boolean> =>
    openCheckpoint((await store.last())!.note, { origin: ORIGIN, keys: { log: by } }).kind === 'read';

  it('has the new key’s line too, though nothing happens', async () => {
    const [source, store] = [memoryLog(), memoryEvidence()];
    await append(source, 300);
    follow(source, store, 3_600_000);
    follow(source, store, 3_600_000);
    await eventually(async () => (await signedSize(store)) > 0);
    const { checkpoint } = (await store.last())!;
    change(Date.now(), Date.now() + 3_600_000);
    expect(await eventually(() => isBelieved(store, [newest()]))).toBe(true);
    expect(await isBelieved(store)).toBe(true);
    expect((await store.last())?.checkpoint).toEqual(checkpoint);
    const sizes = store.kept.map(({ note }) => note.split('\n')[1]);
    expect(new Set(sizes).size).toBe(1);
  });

  it('is signed by the new key at once, also where the next checkpoint would be far away', async () => {
    const [source, store] = [memoryLog(), memoryEvidence()];
    await append(source, 3);
    const evidence = follow(source, store, 3_600_000);
    await eventually(async () => (await signedSize(store)) > 0);
    await append(source, 300);
    expect(await eventually(async () => evidence.health().details['leaves'] === 303)).toBe(true);
    change(Date.now(), Date.now() + 3_600_000);
    expect(await eventually(() => isBelieved(store, [newest()]))).toBe(true);
    expect(await signedSize(store)).toBe(303);
  });

  it('signs what comes with the new key alone once the time of the old one is over, and the old one’s believers follow', async () => {
    const [source, store] = [memoryLog(), memoryEvidence()];
    await append(source, 3);
    follow(source, store);
    await signs(store, 3);
    change(Date.now() - 2_000, Date.now() - 1_000);
    await append(source, 300);
    await signs(store, 303);
    const { note } = (await store.last())!;
    expect(await isBelieved(store, [newest()])).toBe(true);
    expect(await isBelieved(store)).toBe(true);
    const withoutSuccession = note.trimEnd().split('\n').slice(0, -1).join('\n');
    expect(openCheckpoint(`${withoutSuccession}\n`, { origin: ORIGIN, keys: { log } }).kind).toBe('refused');
  });

  it('adds no line to a checkpoint that the tree does not continue', async () => {
    const [source, store] = [memoryLog(), memoryEvidence()];
    await append(source, 300);
    const evidence = follow(source, store, 3_600_000);
    await eventually(async () => (await signedSize(store)) === 300);
    await evidence.stop();
    const { note, volumes } = store.kept.at(-1)!;
    const forged = note.replace(note.split('\n')[2]!, Buffer.from(EMPTY_ROOT).toString('base64'));
    await store.keep({ note: forged, volumes }, store.kept.length);
    change(Date.now(), Date.now() + 3_600_000);
    expect(await stopped(follow(source, store))).toBe(true);
    expect(store.kept.at(-1)?.note).toBe(forged);
  });
});

describe('tiles that are lost or damaged', () => {
  it.each([
    ['all of them', (store: Store) => store.tiles.tiles.clear()],
    ['the newest', (store: Store) => store.tiles.tiles.set('tile/0/001.p/44', Buffer.alloc(44 * 32))],
  ])('are built again from the log: %s', async (_, damage) => {
    const [source, store] = [memoryLog(), memoryEvidence()];
    await append(source, 300);
    await follow(source, store).stop();
    const first = follow(source, store);
    await signs(store, 300);
    await first.stop();
    const before = new Map(store.tiles.tiles);
    damage(store);
    await append(source, 10);
    follow(source, store);
    await signs(store, 310);
    expect(store.tiles.tiles.get('tile/0/000')).toEqual(before.get('tile/0/000'));
    expect(Buffer.from((await store.last())!.checkpoint.root)).toEqual(Buffer.from(await rootOf(source)));
  });

  it('are built again when a reader suspects them', async () => {
    const [source, store] = [memoryLog(), memoryEvidence()];
    await append(source, 300);
    const evidence = follow(source, store);
    await signs(store, 300);
    store.tiles.tiles.delete('tile/0/000');
    evidence.suspect();
    expect(await eventually(async () => store.tiles.tiles.has('tile/0/000'))).toBe(true);
    expect(await eventually(async () => evidence.health().status === 'up')).toBe(true);
  });
});

describe('a log that is not the one that was signed', () => {
  const signed = async () => {
    const [source, store] = [memoryLog(), memoryEvidence()];
    await append(source, 300);
    const evidence = follow(source, store);
    await signs(store, 300);
    await evidence.stop();
    return { source, store };
  };
  const neverSigns = async (source: Log, store: Store): Promise<string> => {
    const [tiles, kept] = [new Map(store.tiles.tiles), [...store.kept]];
    const evidence = follow(source, store);
    expect(await stopped(evidence)).toBe(true);
    expect(store.kept).toEqual(kept);
    expect(store.tiles.tiles).toEqual(tiles);
    return JSON.stringify(evidence.health().details['reason']);
  };

  it('is seen at its newest commits, at once', async () => {
    const { source, store } = await signed();
    expect(await neverSigns(changedAt(source, '1:290'), store)).toContain('1:290');
  });

  it('is seen wherever it was changed when the tiles are built again', async () => {
    const { source, store } = await signed();
    store.tiles.tiles.clear();
    expect(await neverSigns(changedAt(source, '1:7'), store)).toContain('300 commits');
  });

  it('is seen when it became shorter, with its tiles and without', async () => {
    const { store } = await signed();
    const short = memoryLog();
    await append(short, 3);
    expect(await neverSigns(short, store)).toContain('1:257');
    store.tiles.tiles.clear();
    expect(await neverSigns(short, store)).toContain('3 commits');
  });

  it('is seen when somebody else signed another tree meanwhile', async () => {
    const { source, store } = await signed();
    const evidence = follow(source, store);
    const { note, volumes } = store.kept.at(-1)!;
    const forged = note.replace(note.split('\n')[2]!, Buffer.from(EMPTY_ROOT).toString('base64'));
    await store.keep({ note: forged, volumes }, store.kept.length);
    await append(source, 5);
    expect(await stopped(evidence)).toBe(true);
    expect(store.kept.at(-1)?.note).toBe(forged);
  });

  it('is seen at a gap', async () => {
    const store = memoryEvidence();
    const source = memoryLog();
    await append(source, 10);
    const gap = async function* (commits: ReturnType<Log['followRaw']>): ReturnType<Log['followRaw']> {
      for await (const each of commits) if (each.position !== '1:5') yield each;
    };
    const evidence = follow({ ...source, followRaw: (after, options) => gap(source.followRaw(after, options)) }, store);
    expect(await stopped(evidence)).toBe(true);
    expect(evidence.health().details['reason']).toContain('1:6');
    expect(await signedSize(store)).toBeLessThan(5);
  });
});
