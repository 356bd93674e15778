import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Position } from '@freehold/kernel';
import { ensureLogStream, followedTogether, jetStreamLog, type Log } from '@freehold/log';
import { claimGround, type ClaimedGround, eventually } from '@freehold/supervisor/testing';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { bootService, type RunningService } from '../service/boot-service.js';
import { appendTo, followed, FollowersModule, newSubject } from '../testing/followers.fixture.js';
import { writeSignerKeys } from '../testing/service-keys.js';
import { type Bookmarks, ensureOps, natsBookmarks } from './bookmarks.js';
import { Unavailable } from './disposition.js';

class UnknownEvent extends Error {
  override readonly name = 'UnknownEvent';
}

class BrokenChain extends Error {
  override readonly name = 'BrokenChain';
}

describe('followers', () => {
  let ground: ClaimedGround;
  let connection: NatsConnection;
  let log: Log;
  let bookmarks: Bookmarks;
  let service: RunningService;

  const boot = async (mayFollow = Promise.resolve()): Promise<void> => {
    const { signingKeyFile, signerKeysFile } = writeSignerKeys(ground.folder, ['deployment']);
    service = await bootService({
      name: 'deployment',
      module: FollowersModule,
      config: {
        natsUrl: ground.natsUrl,
        natsSeedFile: ground.seedFile('admin'),
        signingKeyFile: signingKeyFile('deployment'),
        signerKeysFile,
        logLevel: 'silent',
      },
      following: { mayFollow, together: followedTogether() },
    });
  };
  const seenOf = (subject: string): Position[] =>
    followed.seen.filter((commit) => commit.subject === subject).map(({ position }) => position);
  const sees = (subject: string, positions: readonly Position[]) =>
    eventually(() => seenOf(subject).length >= positions.length);
  const bookmarkOf = async (name: string): Promise<Position | null> => (await bookmarks.read(name)).position;

  const parked = (subject: string) =>
    service.followers.parked()['test-parks']?.find((each) => each.subject === subject);

  beforeAll(async () => {
    ground = await claimGround();
    connection = await ground.connect();
    await ensureLogStream(connection);
    await ensureOps(connection);
    await ensureOps(connection);
    log = jetStreamLog({ connection });
    bookmarks = natsBookmarks(connection);
    await boot();
  });
  beforeEach(() => {
    followed.seen.splice(0);
    followed.resumed.splice(0);
    followed.stopping.splice(0);
    followed.fail = () => null;
    followed.limit = null;
    followed.cannotRead = () => null;
    followed.most = 0;
  });
  afterAll(async () => {
    await service.stop();
    await ground.release();
  });

  it('handles each aggregate in order, and several at once but not too many', async () => {
    const gate = Promise.withResolvers<void>();
    followed.gate = gate.promise;
    const subjects = Array.from({ length: 20 }, newSubject);
    const appended = await Promise.all(
      subjects.map(async (subject) => [subject, await appendTo(log, subject, 5)] as const),
    );
    expect(await eventually(() => followed.most === 4)).toBe(true);
    gate.resolve();
    for (const [subject, positions] of appended) {
      expect(await sees(subject, positions)).toBe(true);
      expect(seenOf(subject)).toEqual(positions);
    }
    expect(followed.most).toBe(4);
  });

  it('writes its bookmark after a while, and at the stop, and goes on from there', async () => {
    const subject = newSubject();
    const positions = await appendTo(log, subject, 3);
    expect(await eventually(async () => (await bookmarkOf('test-parks')) === positions.at(-1))).toBe(true);
    const [last] = await appendTo(log, subject);
    expect(await eventually(() => seenOf(subject).includes(last!))).toBe(true);
    await service.stop();
    expect(await bookmarkOf('test-parks')).toBe(last);
    followed.seen.splice(0);
    const meanwhile = await appendTo(log, subject);
    await boot();
    expect(await sees(subject, meanwhile)).toBe(true);
    expect(followed.seen.map(({ position }) => position)).toEqual(meanwhile);
  });

  it('does not write a bookmark beyond what the handler holds', async () => {
    const [held] = await appendTo(log, newSubject());
    followed.limit = held!;
    const subject = newSubject();
    const positions = await appendTo(log, subject, 3);
    expect(await sees(subject, positions)).toBe(true);
    await service.stop();
    expect(await bookmarkOf('test-parks')).toBe(held);
    followed.seen.splice(0);
    await boot();
    expect(await sees(subject, positions)).toBe(true);
    expect(seenOf(subject)).toEqual(positions);
  });

  it('repeats what is away at the moment until it is there', async () => {
    const subject = newSubject();
    let tries = 0;
    followed.fail = (commit) =>
      commit.subject === subject && (tries += 1) <= 6 ? new Unavailable('the neighbour') : null;
    const positions = await appendTo(log, subject, 2);
    expect(await sees(subject, positions)).toBe(true);
    expect(seenOf(subject)).toEqual(positions);
    expect(tries).toBe(8);
  });

  it('gives a bug five tries, then parks the aggregate; others go on', async () => {
    const [bad, good] = [newSubject(), newSubject()];
    let tries = 0;
    followed.fail = ({ subject }) => (subject === bad ? new TypeError(`try ${(tries += 1)}`) : null);
    const positions = await appendTo(log, bad, 2);
    expect(await sees(good, await appendTo(log, good, 2))).toBe(true);
    expect(await eventually(() => parked(bad) !== undefined)).toBe(true);
    expect(parked(bad)).toMatchObject({ position: positions[0], reason: 'TypeError: try 5' });
    expect((await service.health.ask()).status).toBe('degraded');
    followed.fail = () => null;
    expect(await service.followers.resume('test-parks', bad)).toBe(true);
    expect(seenOf(bad)).toEqual(positions);
    expect((await service.health.ask()).status).toBe('up');
  });

  it('keeps what cannot be read parked over a restart, with all that follows, until it is resumed', async () => {
    const [bad, good] = [newSubject(), newSubject()];
    followed.fail = ({ subject }) => (subject === bad ? new BrokenChain('elsewhere') : null);
    const positions = await appendTo(log, bad, 2);
    expect(await eventually(() => parked(bad) !== undefined)).toBe(true);
    await service.stop();
    followed.fail = () => null;
    await boot();
    positions.push(...(await appendTo(log, bad)));
    expect(await sees(good, await appendTo(log, good))).toBe(true);
    expect(parked(bad)?.position).toBe(positions[0]);
    expect(seenOf(bad)).toEqual([]);
    expect(await service.followers.resume('test-parks', bad)).toBe(true);
    expect(seenOf(bad)).toEqual(positions);
    expect(await bookmarks.parked('test-parks')).toEqual([]);
    expect(await service.followers.resume('test-parks', bad)).toBe(false);
  });

  it('lists what is parked, and nothing, without a consumer that stays behind', async () => {
    const manager = await jetstreamManager(connection);
    const consumers = async () => (await manager.streams.info('KV_OPS')).state.consumer_count;
    const before = await consumers();
    const aside = { subject: newSubject(), position: '1:7' as const, reason: 'a reason', at: 'now' };
    const gone = { ...aside, subject: newSubject() };
    expect(await bookmarks.parked('test-lists')).toEqual([]);
    await bookmarks.park('test-lists', aside);
    await bookmarks.park('test-lists', gone);
    await bookmarks.unpark('test-lists', gone.subject);
    for (let round = 0; round < 5; round += 1) {
      expect(await bookmarks.parked('test-lists')).toEqual([aside]);
      expect(await bookmarks.parked('test-lists-nothing')).toEqual([]);
    }
    expect(await consumers()).toBe(before);
  });

  it('stops visibly where it must not skip, and a program that can read goes on from there', async () => {
    const subject = newSubject();
    followed.cannotRead = (commit) => (commit.subject === subject ? new UnknownEvent('of tomorrow') : null);
    const positions = await appendTo(log, subject, 2);
    expect(await eventually(async () => (await service.health.ask()).status === 'down')).toBe(true);
    expect(JSON.stringify(service.followers.health().details['test-stops'])).toContain(
      `at ${positions[0]!}: UnknownEvent`,
    );
    expect(followed.stopping).not.toContain(positions[0]);
    await service.stop();
    followed.cannotRead = () => null;
    await boot();
    expect(await eventually(() => followed.stopping.includes(positions[1]!))).toBe(true);
    expect(followed.stopping.filter((each) => positions.includes(each))).toEqual(positions);
  });

  it('follows nothing before it may: what is behind is no reason to answer later', async () => {
    const [before, subject] = [newSubject(), newSubject()];
    await service.stop();
    const missed = await appendTo(log, before);
    const serving = Promise.withResolvers<void>();
    await boot(serving.promise);
    const positions = await appendTo(log, subject, 100);
    expect((await service.health.ask()).status).toBe('up');
    expect([...seenOf(before), ...seenOf(subject)]).toEqual([]);
    expect(followed.resumed).toEqual([]);
    serving.resolve();
    expect((await sees(before, missed)) && (await sees(subject, positions))).toBe(true);
    expect(await eventually(() => followed.resumed.includes(positions.at(-1)!))).toBe(true);
  });

  it('lets a handler catch up in one go at start', async () => {
    const subject = newSubject();
    await service.stop();
    const [meanwhile] = await appendTo(log, subject);
    await boot();
    expect(await eventually(() => followed.resumed.includes(meanwhile!))).toBe(true);
    const [next] = await appendTo(log, subject);
    expect(await eventually(() => followed.resumed.includes(next!))).toBe(true);
    expect(followed.resumed.filter((each) => each === meanwhile)).toHaveLength(1);
  });

  it('keeps how far a handler caught up, though nothing more comes for it', async () => {
    await service.stop();
    const [meanwhile] = await appendTo(log, newSubject());
    await boot();
    expect(await eventually(async () => (await bookmarkOf('test-resumes')) === meanwhile)).toBe(true);
  });

  it('fences: whoever has an older bookmark does not write', async () => {
    const { revision } = await bookmarks.read('test-fence');
    expect(await bookmarks.write('test-fence', '1:5', revision)).not.toBeNull();
    expect(await bookmarks.write('test-fence', '1:4', revision)).toBeNull();
    expect(await bookmarkOf('test-fence')).toBe('1:5');
  });

  /** The last: whoever must not skip stops there. */
  it('catches up past what cannot be read, if its handler does not look at it', async () => {
    await service.stop();
    await jetstream(connection).publish(newSubject(), 'no commit');
    const [after] = await appendTo(log, newSubject());
    await boot();
    expect(await eventually(() => followed.resumed.includes(after!))).toBe(true);
  });
});
