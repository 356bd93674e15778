import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseSubject, subjectOf } from '../subject.js';
import type { AggregateStore, ExecuteResult } from '../aggregate-store.js';
import type { Log } from '../log.port.js';
import { storeOn } from './aggregate-store.conformance.js';
import { counter, newCommand, newCounter } from './counter.fixture.js';
import { type Fault, faultyLog } from './faulty.log.js';
import type { RollingLog } from './rolling.log.js';

/** Which command (of five), by which of two services, of how much. */
const attempt = fc.record({ command: fc.nat(4), service: fc.nat(1) });
const fault = fc.constantFrom<Fault>('none', 'lost-answer', 'lost-request', 'overtaken');
/** After how many requests to the log its volume ends. */
const ends = fc.array(fc.nat(25), { maxLength: 2 });

/**
 * Laws of executing, over random concurrent commands, repeats and faults.
 * @param endAfter of a {@link RollingLog}: its volumes end at random moments meanwhile
 */
export function describeExecuting(
  open: () => Log,
  numRuns: number,
  endAfter: RollingLog['endAfter'] = () => undefined,
): void {
  describe('executing', () => {
    it('has one effect a command id, and versions without gaps, whoever sends it how often at once', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(attempt, { minLength: 1, maxLength: 20 }), ends, async (attempts, moments) => {
          endAfter(moments);
          const log = open();
          const stores = [storeOn(log), storeOn(log)];
          const name = newCounter();
          const metas = Array.from({ length: 5 }, () => newCommand());
          const send = ({ command, service }: { command: number; service: number }) =>
            stores[service]!.execute({
              definition: counter,
              name,
              command: { by: command + 1 },
              meta: metas[command]!,
            });
          const results = await Promise.all(attempts.map(send));
          const used = [...new Set(attempts.map(({ command }) => command))];
          expectSameAnswers(
            attempts.map(({ command }) => command),
            results,
          );
          await expectChain(stores[0]!, name, used.length);
          const sum = used.reduce((total, command) => total + command + 1, 0);
          expect((await storeOn(log).load(counter, name)).state).toBe(sum);
          expect((await stores[1]!.load(counter, name, { confirmed: true })).state).toBe(sum);
        }),
        { numRuns },
      );
    });

    it('has one effect and one answer in spite of lost answers, lost requests and conflicts', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fault, { maxLength: 8 }), fc.nat(2), ends, async (faults, repeats, moments) => {
          endAfter(moments);
          const log = open();
          const other = storeOn(log);
          const overtake = (subject: string) =>
            other.execute({
              definition: counter,
              name: parseSubject(subject),
              command: { by: 100 },
              meta: newCommand(),
            });
          const store = storeOn(faultyLog(log, faults, overtake));
          const name = newCounter();
          const meta = newCommand();
          const send = () => store.execute({ definition: counter, name, command: { by: 1 }, meta });
          const results = [await send()];
          for (let repeat = 0; repeat < repeats; repeat += 1) results.push(await send());
          expectSameAnswers(
            results.map(() => 0),
            results,
          );
          const { state, version } = await storeOn(log).load(counter, name);
          expect(state).toBe(1 + (version - 1) * 100);
          await expectChain(other, name, version);
        }),
        { numRuns },
      );
    });
  });
}

/** All committed, and those of one command with the same commit and the same state. */
function expectSameAnswers(commands: readonly number[], results: readonly ExecuteResult<number>[]): void {
  const answers = new Map<number, unknown>();
  for (const [index, result] of results.entries()) {
    if (result.kind !== 'committed') throw new Error(`not committed: ${result.kind}`);
    const answer = { stored: result.stored, state: result.state };
    const command = commands[index] ?? -1;
    expect(answer).toEqual(answers.get(command) ?? answer);
    answers.set(command, answer);
  }
}

/** Versions from 1 to `length`, each `previous` the one before, each command id once. */
async function expectChain(store: AggregateStore, name: ReturnType<typeof newCounter>, length: number): Promise<void> {
  const commits = (await store.history(name, { limit: 1_000 })).toReversed();
  expect(commits.map(({ commit }) => commit.version)).toEqual(Array.from({ length }, (_, index) => index + 1));
  expect(commits.map(({ commit }) => commit.previous)).toEqual(
    [null, ...commits.map(({ position }) => position)].slice(0, length),
  );
  expect(new Set(commits.map(({ commit }) => commit.command.id)).size).toBe(length);
  expect(new Set(commits.map(({ subject }) => subject))).toEqual(new Set([subjectOf(name)]));
}
