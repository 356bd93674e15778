import { beforeEach, describe, expect, it } from '@jest/globals';
import { createAggregateStore } from '../create-aggregate-store.js';
import { createAppender } from '../appender.js';
import { CommitInvalid } from '../log.errors.js';
import type { Log } from '../log.port.js';
import { subjectOf } from '../subject.js';
import { counter, LIMIT, newCommand, newCounter } from './counter.fixture.js';

export const clock = (): Date => new Date('2026-11-21T12:00:00Z');
export const storeOn = (log: Log, deadlineMs = 10_000) =>
  createAggregateStore({ log, appender: createAppender({ log }), clock, deadlineMs });

/** What the aggregate store does, on any log: call it in a spec with one that is open for as long as the tests run. */
export function describeAggregateStore(open: () => Log): void {
  describe('the aggregate store', () => {
    let store: ReturnType<typeof storeOn>;
    let log: Log;
    beforeEach(() => {
      log = open();
      store = storeOn(log);
    });

    it('starts at version 0 and appends one commit a command', async () => {
      const name = newCounter();
      expect(await store.load(counter, name)).toEqual({ state: 0, version: 0, position: null, commandIds: new Map() });
      const meta = newCommand({
        cause: '1:1/0',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      });
      const first = await store.execute({ definition: counter, name, command: { by: 2 }, meta });
      expect(first).toMatchObject({ kind: 'committed', state: 2, repeated: false });
      const second = await store.execute({ definition: counter, name, command: { by: 3 }, meta: newCommand() });
      expect(second).toMatchObject({ kind: 'committed', state: 5 });

      const history = await store.history(name, { limit: 10 });
      expect(history.map(({ commit }) => commit.version)).toEqual([2, 1]);
      expect(history[0]!.commit.previous).toBe(history[1]!.position);
      expect(history[1]!.commit).toEqual({
        version: 1,
        previous: null,
        at: '2026-11-21T12:00:00.000Z',
        actor: meta.actor,
        command: { id: meta.commandId, name: meta.commandName, digest: meta.digest },
        cause: '1:1/0',
        correlation: meta.correlation,
        events: [{ type: 'deployment.raised.v1', data: { by: 2 } }],
      });
    });

    it('answers a repeated command with its first commit and the state of then', async () => {
      const name = newCounter();
      const meta = newCommand();
      const first = await store.execute({ definition: counter, name, command: { by: 2 }, meta });
      await store.execute({ definition: counter, name, command: { by: LIMIT - 2 }, meta: newCommand() });
      for (const again of [store, storeOn(log)]) {
        expect(await again.execute({ definition: counter, name, command: { by: 2 }, meta })).toEqual({
          ...first,
          repeated: true,
        });
      }
      expect(
        await store.execute({ definition: counter, name, command: { by: 9 }, meta: { ...meta, digest: 'another' } }),
      ).toEqual({ kind: 'command-reused' });
      expect(await store.history(name, { limit: 10 })).toHaveLength(2);
    });

    it('appends nothing when nothing changes, when refused, and when checked', async () => {
      const name = newCounter();
      const before = await store.execute({ definition: counter, name, command: { by: 0 }, meta: newCommand() });
      expect(before).toEqual({ kind: 'unchanged', position: null, version: 0, state: 0 });
      const refused = await store.execute({
        definition: counter,
        name,
        command: { by: LIMIT + 1 },
        meta: newCommand(),
      });
      expect(refused).toMatchObject({ kind: 'refused', findings: [{ code: 'too-high' }] });
      expect(await store.check(counter, name, { by: LIMIT + 1 })).toMatchObject([{ code: 'too-high' }]);
      expect(await store.check(counter, name, { by: 1 })).toEqual([]);
      expect(await log.last(subjectOf(name))).toBeNull();
    });

    it('compares the version that the caller saw', async () => {
      const name = newCounter();
      const command = { by: 1 };
      await store.execute({ definition: counter, name, command, meta: newCommand(), expectedVersion: 0 });
      expect(
        await store.execute({ definition: counter, name, command, meta: newCommand(), expectedVersion: 0 }),
      ).toEqual({ kind: 'version-mismatch', version: 1 });
      expect(
        await store.execute({ definition: counter, name, command, meta: newCommand(), expectedVersion: 1 }),
      ).toMatchObject({ kind: 'committed', state: 2 });
    });

    it('pages through the history and folds up to a position', async () => {
      const name = newCounter();
      for (const by of [1, 2, 3, 4, 5]) {
        await store.execute({ definition: counter, name, command: { by }, meta: newCommand() });
        await store.execute({ definition: counter, name: newCounter(), command: { by }, meta: newCommand() });
      }
      const all = await store.history(name, { limit: 100 });
      const pages = [];
      let before = await log.head();
      for (let page = await store.history(name, { before, limit: 2 }); page.length > 0;) {
        pages.push(page.length);
        before = page[page.length - 1]!.position;
        page = await store.history(name, { before, limit: 2 });
      }
      expect(pages).toEqual([2, 2, 1]);
      const third = all[2]!.position;
      expect(await store.stateAt(counter, name, third)).toMatchObject({ state: 6, version: 3, position: third });
      expect(await store.stateAt(counter, name, '1:0')).toMatchObject({ state: 0, version: 0, position: null });
      expect(await store.stateAt(counter, name, await log.head())).toMatchObject({ state: 15, version: 5 });
    });

    it('refuses to store what its contract does not accept', async () => {
      const name = newCounter();
      await expect(
        store.execute({ definition: counter, name, command: { by: 0.5 }, meta: newCommand() }),
      ).rejects.toBeInstanceOf(CommitInvalid);
      expect(await log.last(subjectOf(name))).toBeNull();
    });
  });
}
