import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@freehold/supervisor/testing';
import { ask, memoryHost, startTestAgent } from './testing/agent.fixture.js';
import { HOST, nameOf, TestCell } from './testing/cell.fixture.js';
import { greeterPackage } from './testing/greeter.fixture.js';
import { MortalBackend } from './testing/mortal-backend.fixture.js';

/** An order and a change of settings take fewer calls of the backend than this; the sweep proves it by ending. */
const MOST_CALLS = 120;

const FIRST_CALL = { running: 1, closed: 2, absent: 3 };

describe('an agent that dies at any moment', () => {
  let cell: TestCell;
  let digest: string;
  beforeAll(async () => {
    cell = await TestCell.open();
    digest = await cell.publish(greeterPackage());
  });
  afterAll(() => cell.release());

  /** Runs `generations` one after the other with an agent that dies at the n-th call; a second one then finishes. */
  async function survives(diesAt: number, takesEffect: boolean, want: 'running' | 'closed' | 'absent') {
    const host = memoryHost();
    const name = `dies-${want}-${diesAt}-${takesEffect}`;
    let mortal: MortalBackend | undefined;
    const wrap = (inner: ConstructorParameters<typeof MortalBackend>[0]) =>
      (mortal = new MortalBackend(inner, diesAt, takesEffect));
    cell.joins.length = 0;
    const first = await (await startTestAgent(cell, { host, name, wrap })).start(true);
    const state = cell.state(digest);
    await cell.desire(state, { settings: { greeting: 'one' } });
    const { environment } = state;
    const reported = (wanted: string) => cell.reported(environment).includes(wanted);
    await eventually(() => mortal?.dead === true || reported('observed 1 running'));
    const last = { ...state, generation: 2, want };
    if (mortal?.dead !== true) {
      await cell.desire(last, { settings: { greeting: 'two' } });
      await eventually(() => mortal?.dead === true || reported(`observed 2 ${want}`));
    }
    const closing = first.close(); // lets go of NATS; what a dead agent was doing never ends
    await Promise.race([closing, mortal?.death]); // a last look may be what it dies of
    const died = mortal?.dead === true;
    if (died) await first.router.close();
    const second = await (await startTestAgent(cell, { host, name })).start(false);
    await cell.desire(last, { settings: { greeting: 'two' } });
    expect(await eventually(() => reported(`observed 2 ${want}`))).toBe(true);
    if (want === 'running') {
      expect(await ask(second, nameOf(environment))).toBe('two');
      expect(host.environments.size).toBe(1);
    } else if (want === 'closed') {
      expect(await ask(second, nameOf(environment))).toBe(404);
      expect(host.environments.get(environment)?.units.get('web')).toMatchObject({ spec: { closed: true } });
    } else {
      expect(await ask(second, nameOf(environment))).toBe(404);
      expect(host.environments.size).toBe(0);
    }
    expect(cell.reported(environment).filter((report) => report.startsWith('failed'))).toEqual([]);
    await second.close();
    await cell.desired.purge(`${HOST}.${environment}`);
    return died;
  }

  describe.each(['running', 'closed', 'absent'] as const)('on the way to %s', (want) => {
    // Every fourth call, from another first one each time: a sweep of all would take minutes.
    test.each([
      ['before it took effect', false],
      ['after it took effect', true],
    ])(
      'at calls all along the way, %s: the next agent comes to the same end',
      async (_, takesEffect) => {
        let diesAt = FIRST_CALL[want] + Number(takesEffect);
        while (diesAt < MOST_CALLS && (await survives(diesAt, takesEffect, want))) diesAt += 4;
        expect(diesAt).toBeGreaterThan(20);
        expect(diesAt).toBeLessThan(MOST_CALLS);
      },
      120_000,
    );
  });
});
