import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Commit, parsePosition, type Position, positionOf } from '@freehold/kernel';
import { claimGround, type ClaimedGround } from '@freehold/supervisor/testing';
import type { NatsConnection } from '@nats-io/transport-node';
import { beginVolume } from './begin-volume.js';
import { askApi, askStream } from './jetstream-request.js';
import { jetStreamLog } from './jetstream.log.js';
import { ensureLogStream, StreamDiffers, verifyLogStream } from './log-stream.js';
import type { Log } from './log.port.js';
import { subjectOf } from './subject.js';
import { newCounter } from './testing/counter.fixture.js';
import { fill, newCommit, take } from './testing/log.conformance.js';
import { interrupted } from './testing/interrupted-connection.fixture.js';

const SIZE = { maxBytes: 2 ** 26 };

let ground: ClaimedGround;
let connection: NatsConnection;

beforeAll(async () => {
  ground = await claimGround();
  connection = await ground.connect();
});
beforeEach(async () => {
  for (let volume = 1; (await askApi(connection, `STREAM.DELETE.LOG_${volume}`, {})).error === undefined;) volume += 1;
  await ensureLogStream(connection, SIZE);
});
afterAll(() => ground.release());

const newLog = (): Log => jetStreamLog({ connection });
const end = async (): Promise<void> => {
  expect(await beginVolume(connection, SIZE)).toMatchObject({ kind: 'begun' });
};
async function put(
  log: Log,
  subject: string,
  expected: Position | null,
  over: Partial<Commit> = {},
): Promise<Position> {
  const outcome = await log.append(subject, newCommit({ previous: expected, ...over }), expected);
  if (outcome.kind !== 'stored') throw new Error('not stored');
  return outcome.stored.position;
}

describe('an aggregate over the end of a volume', () => {
  const conflict = { kind: 'conflict' };

  it('goes on as its first commit in the next, which names the last of the old one', async () => {
    const log = newLog();
    const subject = subjectOf(newCounter());
    const first = await put(log, subject, null);
    await end();
    const second = await put(log, subject, first, { version: 2 });
    expect([first, second]).toEqual(['1:1', '2:1']);
    expect((await log.last(subject, { confirmed: true }))?.commit.previous).toBe('1:1');
    expect((await newLog().last(subject))?.position).toBe('2:1');
    expect((await log.read('1:1'))?.commit.version).toBe(1);
    const { headers } = await connection.request(`$JS.API.DIRECT.GET.LOG_2.${subject}`);
    expect(headers?.get('Nats-Expected-Last-Subject-Sequence')).toBe('0');
    expect(headers?.get('Nats-Expected-Stream')).toBe('LOG_2');
  });

  it('has one winner among those who know the new volume and those who believe in the old one', async () => {
    const [believing, alsoBelieving] = [newLog(), newLog()];
    const subject = subjectOf(newCounter());
    const first = await put(believing, subject, null);
    await alsoBelieving.head();
    await end();
    const outcomes = await Promise.all(
      [believing, alsoBelieving, newLog(), newLog()].map((log) =>
        log.append(subject, newCommit({ version: 2, previous: first }), first),
      ),
    );
    expect(outcomes.filter(({ kind }) => kind === 'stored')).toHaveLength(1);
    // The numbers are the same: the last commit of the subject stands at sequence 1 of either volume.
    expect((await newLog().last(subject))?.position).toBe('2:1');
    for (const log of [believing, alsoBelieving, newLog()])
      expect(await log.append(subject, newCommit(), '1:1')).toEqual(conflict);
  });

  it('refuses who expects what was not the last of the old volume, or no commit at all', async () => {
    const [log, believing] = [newLog(), newLog()];
    const subject = subjectOf(newCounter());
    const first = await put(log, subject, null);
    const second = await put(log, subject, first);
    await believing.head();
    await end();
    for (const each of [believing, log, newLog()]) {
      expect(await each.append(subject, newCommit(), null)).toEqual(conflict);
      expect(await each.append(subject, newCommit(), first)).toEqual(conflict);
      expect(await each.append(subject, newCommit(), '1:99')).toEqual(conflict);
      expect(await each.append(subject, newCommit(), '2:1')).toEqual(conflict);
      expect(await each.append(subject, newCommit(), '9:1')).toEqual(conflict);
    }
    expect(await put(believing, subject, second)).toBe('2:1');
    expect(await put(log, subject, '2:1')).toBe('2:2');
  });

  it('is found however many volumes ago it was written last', async () => {
    const log = newLog();
    const [old, other] = [subjectOf(newCounter()), subjectOf(newCounter())];
    let last = await put(log, other, null);
    const first = await put(log, old, null);
    for (let volume = 2; volume <= 5; volume += 1) {
      await end();
      last = await put(log, other, last);
    }
    for (const each of [log, newLog()]) {
      expect((await each.last(old))?.position).toBe(first);
      expect([await each.count(old), await each.count(other)]).toEqual([1, 5]);
      expect(await each.count(subjectOf(newCounter()))).toBe(0);
      expect(await countsSince(each, other)).toEqual([5, 4, 3, 2, 1, 0]);
      expect(await countsSince(each, old)).toEqual([1, 0, 0, 0, 0, 0]);
      expect((await each.last(old, { confirmed: true }))?.position).toBe(first);
    }
    expect(await put(newLog(), old, first)).toBe('5:2');
  });

  it('is confirmed by the volume that is open now, also to who has not heard of it', async () => {
    const [log, believing] = [newLog(), newLog()];
    const subject = subjectOf(newCounter());
    const first = await put(log, subject, null);
    expect((await believing.last(subject, { confirmed: true }))?.position).toBe(first);
    await end();
    const second = await put(log, subject, first);
    expect((await believing.last(subject, { confirmed: true }))?.position).toBe(second);
    expect(await believing.head()).toBe(second);
  });
});

/** Since each of six volumes, which is known at once or only later. */
const countsSince = (log: Log, subject: string): Promise<number[]> =>
  Promise.all(
    [1, 2, 3, 4, 5, 6].map(async (volume) => {
      const since = positionOf({ volume, sequence: 1 });
      const [atOnce, later] = await Promise.all([
        log.count(subject, since),
        log.count(subject, Promise.resolve(since)),
      ]);
      expect(later).toBe(atOnce);
      return atOnce;
    }),
  );

describe('reading over the end of a volume', () => {
  it('has no gap and no repeat, for who was there before and who comes later', async () => {
    const [log, follower] = [newLog(), newLog()];
    const stop = new AbortController();
    const { signal } = stop;
    const all = take(follower.follow('1:0', { signal }), 40);
    const raw = take(follower.followRaw('1:0', { signal }), 40);
    const filtered = take(follower.follow('1:0', { signal, filter: 'log.*.deployment.>' }), 40);
    const positions: Position[] = [];
    for (let volume = 1; volume <= 4; volume += 1) {
      if (volume > 1) await end();
      positions.push(...(await fill(log, 10)));
    }
    for (const seen of [await all, await raw, await filtered])
      expect(seen.map((each) => each.position)).toEqual(positions);
    expect(positions[39]).toBe('4:10');
    const places = async (after: Position, to: Position): Promise<Position[]> =>
      (await Array.fromAsync(newLog().range(after, to))).map((each) => each.position);
    expect(await places('1:0', '9:0')).toEqual(positions);
    expect(await places('1:10', '2:3')).toEqual(['2:1', '2:2', '2:3']);
    expect(await places('1:8', '1:999')).toEqual(['1:9', '1:10']);
    expect(await places('1:999', '3:0')).toEqual(positions.slice(10, 20));
    expect(await take(newLog().follow('2:0', { signal }), 1)).toMatchObject([{ position: '2:1' }]);
    stop.abort();
  });

  it('keeps to its filter in volumes that are closed, and waits for more in the open one', async () => {
    const log = newLog();
    const name = { ...newCounter(), aggregate: 'other' };
    await fill(log, 3);
    const first = await put(log, subjectOf(name), null);
    await fill(log, 3);
    await end();
    await fill(log, 2);
    const { signal } = new AbortController();
    const found = take(newLog().follow('1:0', { signal, filter: 'log.*.deployment.*.other.*' }), 2);
    const second = await put(log, subjectOf(name), first);
    expect((await found).map(({ position }) => position)).toEqual([first, second]);
  });

  it('has its head at the last commit, whatever volume has begun', async () => {
    const log = newLog();
    expect(await log.head()).toBe('1:0');
    await fill(log, 2);
    await end();
    expect(await log.head()).toBe('1:2');
    await fill(log, 1);
    expect(await newLog().head()).toBe('2:1');
  });
});

describe('beginning a volume', () => {
  it.each([
    ['the next start', ensureLogStream],
    ['whoever looks next', beginVolume],
  ])('is gone on with by %s wherever it was interrupted, while others append', async (_, goOn) => {
    const log = newLog();
    const subject = subjectOf(newCounter());
    const positions = [await put(log, subject, null)];
    const moments = [0, 1, 2, 3, 4].flatMap((request) =>
      (['before', 'after'] as const).map((moment) => ({ request, moment })),
    );
    for (const moment of moments) {
      positions.push(await put(log, subject, positions.at(-1)!));
      await expect(beginVolume(interrupted(connection, moment), SIZE)).rejects.toThrow();
      // Whoever appends meanwhile waits for the volume, and is stored once it has begun.
      const appended = put(log, subject, positions.at(-1)!);
      await goOn(connection, SIZE);
      positions.push(await appended);
      await verifyLogStream(connection);
    }
    positions.push(await put(log, subject, positions.at(-1)!));
    expect(await beginVolume(interrupted(connection, { request: 5, moment: 'before' }), SIZE)).toMatchObject({
      kind: 'begun',
    });
    const stored = await Array.fromAsync(log.range('1:0', await log.head()));
    expect(stored.map(({ position }) => position)).toEqual(positions);
    expect(stored.map(({ commit }) => commit.previous)).toEqual([null, ...positions.slice(0, -1)]);
    expect(parsePosition(positions.at(-1)!).volume).toBeGreaterThan(6);
  });

  it('is done once by several at once, of whatever size they are told to make it', async () => {
    await fill(newLog(), 1);
    const sizes = [2 ** 26, 2 ** 26, 2 ** 25, 2 ** 24];
    await Promise.all(sizes.map((maxBytes) => beginVolume(connection, { maxBytes })));
    expect(await askStream(connection, 'LOG_2')).not.toBeNull();
    expect(await askStream(connection, 'LOG_3')).toBeNull();
    await verifyLogStream(connection);
  });

  it('is refused while the newest volume is empty', async () => {
    expect(await beginVolume(connection, SIZE)).toMatchObject({
      kind: 'refused',
      findings: [{ code: 'volume-empty' }],
    });
  });

  it('leaves the newest one open when there is no room for the next', async () => {
    const log = newLog();
    await fill(log, 1);
    await expect(beginVolume(connection, { maxBytes: 2 ** 52 })).rejects.toMatchObject({
      name: 'StreamNotMade',
      stream: 'LOG_2',
    });
    expect(await fill(log, 1)).toEqual(['1:2']);
  });

  it('gives back what the closed volume reserved and does not fill, and keeps all that is in it', async () => {
    await fill(newLog(), 20);
    await end();
    const closed = await askStream(connection, 'LOG_1');
    expect(closed?.config).toMatchObject({ sealed: true, subjects: ['log-volume.1'], max_bytes: closed?.state.bytes });
    expect(closed?.state.messages).toBe(20);
  });
});

it('a volume that takes commits though a later one has begun is no basis for anything', async () => {
  const change = async (call: string, over: object): Promise<void> => {
    const info = await askStream(connection, 'LOG_1');
    const { error } = await askApi(connection, `STREAM.${call}`, { ...info?.config, ...over });
    expect(error).toBeUndefined();
  };
  await change('UPDATE.LOG_1', { subjects: ['log-volume.1'] });
  await change('CREATE.LOG_2', { name: 'LOG_2', subjects: ['log.>'] });
  await expect(newLog().append(subjectOf(newCounter()), newCommit(), null)).rejects.toMatchObject({
    name: 'VolumeOpen',
  });
  const error = await verifyLogStream(connection).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StreamDiffers);
  expect(error).toMatchObject({ stream: 'LOG_1', field: 'sealed', wanted: true });
});
