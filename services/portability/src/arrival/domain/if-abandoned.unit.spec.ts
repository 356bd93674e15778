import { describe, expect, it } from '@jest/globals';
import { isPastReturn, processProgress } from '@freehold/process';
import { arriveProcess } from '../../processes/domain/arrive.process.js';
import { MoveWorld } from '../../processes/domain/move-world.fixture.js';
import { ifAbandoned } from './if-abandoned.js';

const TELLS_THAT_IT_CANNOT = /^It cannot be abandoned/;

/** What is said of an arrival, and whether asking for it would be refused, round by round while all goes well. */
function told(world: MoveWorld) {
  const { state } = world.arrive;
  const arrival = world.target.arrival.state;
  if (!('accepted' in arrival)) throw new Error('it was accepted');
  const said = ifAbandoned(arrival.status, { status: state.status, isPastReturn: isPastReturn(arriveProcess, state) });
  const isRefused = !processProgress(arriveProcess, state).actions.includes('undo');
  return { said, isRefused, status: arrival.status, step: world.arrive.step };
}

describe('what abandoning an arrival would mean', () => {
  it('says that it cannot be, from the opening on, and not before', () => {
    const world = new MoveWorld();
    const reached = [];
    for (let round = 0; round < 110; round += 1) {
      for (const side of [world.depart, world.arrive]) side.proceed();
      world.ask();
      for (const cell of [world.source, world.target]) cell.observe();
      for (let count = world.flight.length; count > 0; count -= 1) world.deliver(0);
      reached.push(told(world));
    }
    const open = reached.filter(({ status, step }) => status !== 'completed' && step !== 'begin');
    const cannot = open.filter(({ said }) => TELLS_THAT_IT_CANNOT.test(said));
    expect(cannot.length).toBeGreaterThan(0);
    expect(cannot).toEqual(open.filter(({ isRefused }) => isRefused));
    expect(reached.at(-1)?.said).toBe('It has ended: it is live here.');
  });

  it.each([
    ['stuck', false, /while it is stuck.*freehold work show/],
    ['stuck', true, /while it is stuck/],
    ['undoing', true, /being given up already/],
    ['running', true, /cannot be abandoned any more/],
    ['running', false, /source decides at this moment/],
  ] as const)('knows that it is %s, and past its return: %s', (status, isPast, said) => {
    expect(ifAbandoned('verified', { status, isPastReturn: isPast })).toMatch(said);
  });

  it('goes by the record where nobody asked the process, and where it has ended', () => {
    expect(ifAbandoned('under-way', null)).toContain('would be thrown away');
    expect(ifAbandoned('returned', { status: 'stuck', isPastReturn: true })).toContain('It has ended');
  });
});
