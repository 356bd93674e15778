// @needs python3 namespaces nginx openssl unbound
// Two providers on machines of their own, over HTTPS, with 50 ms each way between any two: nothing is exempt from the rules
// for strangers' addresses, and nobody reaches anybody but by name.
import { eventually } from '@freehold/supervisor/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MachinePair } from '../kit/machines/machine-pair.js';

let pair: MachinePair;
beforeAll(async () => {
  pair = await MachinePair.start();
}, 240_000);
afterAll(() => pair[Symbol.asyncDispose]());

describe('a calendar server moves from one machine to another', () => {
  it('with its entries, followed by who uses it', async () => {
    const calendar = await pair.order('cal');
    expect(await pair.addressOf('cal')).toBe(pair.internet.machine('old').address);
    const remembered = await calendar.fill();
    const grant = (
      await pair.source.operator.does(['move', 'grant', calendar.name, '--to', 'https://new.example'])
    ).trim();
    const taken = Object(
      JSON.parse(await pair.target.operator.does(['move', 'take', '-', '--json'], { input: grant })),
    );
    expect(taken).toMatchObject({ outcome: 'completed', findings: [], comparison: { equal: true, differences: [] } });

    expect(await calendar.look()).toEqual(remembered);
    const there = pair.internet.machine('new').address;
    expect(await eventually(async () => (await pair.addressOf('cal')) === there, { timeoutMs: 60_000 })).toBe(true);
    expect(await calendar.look()).toEqual(remembered);
    expect(Object(await pair.target.operator.asks(['show', calendar.name]))).toMatchObject({
      recorded: { status: 'live', epoch: 2 },
    });
  }, 240_000);
});
