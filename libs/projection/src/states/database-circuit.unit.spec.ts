import { describe, expect, it } from '@jest/globals';
import { silent } from '../testing/thing.fixture.js';
import { DatabaseCircuit } from './database-circuit.js';

const never = (): Promise<string> => new Promise(() => undefined);
const broken = (): Promise<string> => Promise.reject(new Error('gone'));

describe('asking a database that one can do without', () => {
  it.each([
    ['hangs', never],
    ['fails', broken],
  ])('is not done again for a while after it %s', async (_what, question) => {
    const circuit = new DatabaseCircuit({ pauseMs: 3_600_000, logger: silent });
    let asked = 0;
    const counted = () => {
      asked += 1;
      return asked === 1 ? Promise.resolve('first') : question();
    };
    expect(await circuit.ask(counted, 1_000)).toBe('first');
    for (const _ of [1, 2, 3]) expect(await circuit.ask(counted, 10)).toBeNull();
    expect(asked).toBe(2);
  });

  it('is tried by one for all after the pause, and by all when that one is answered', async () => {
    const circuit = new DatabaseCircuit({ pauseMs: 200, logger: silent });
    expect(await circuit.ask(broken, 10)).toBeNull();
    const { promise, resolve } = Promise.withResolvers<string>();
    let trial = circuit.ask(() => promise, 10_000);
    for (let answer = await settled(trial); answer === null; answer = await settled(trial)) {
      trial = circuit.ask(() => promise, 10_000);
    }
    const others: string[] = [];
    const other = () => circuit.ask(async () => others.push('asked'), 10_000);
    expect(await other()).toBeNull();
    resolve('there');
    expect(await trial).toBe('there');
    expect(await other()).toBe(1);
    expect(others).toEqual(['asked']);
  });
});

/** What it was answered, if it was in this turn. */
async function settled(answer: Promise<string | null>): Promise<string | null | undefined> {
  return Promise.race([answer, new Promise<undefined>((resolve) => void setImmediate(() => resolve(undefined)))]);
}
