import { describe, expect, it } from '@jest/globals';
import { accepted, type Decider, refused } from './decider.js';
import { refusalsOf } from './refusals.js';

type Event = { type: 'door.opened.v1' | 'door.knocked.v1'; data: Record<string, never> };
type Command = { type: 'knock' | 'open' | 'enter' };
const finding = (code: string) => refused({ pointer: '', code, detail: '', hint: '' });

const door: Decider<{ knocks: number; isOpen: boolean }, Command, Event> = {
  initialState: () => ({ knocks: 0, isOpen: false }),
  evolve: (state, { type }) =>
    type === 'door.opened.v1' ? { ...state, isOpen: true } : { ...state, knocks: state.knocks + 1 },
  decide: ({ type }, { knocks, isOpen }) => {
    if (type === 'enter') return isOpen ? accepted() : finding('shut');
    if (type === 'knock') return isOpen ? finding('open-already') : accepted({ type: 'door.knocked.v1', data: {} });
    return knocks > 2 ? accepted({ type: 'door.opened.v1', data: {} }) : finding('nobody-knocked');
  },
};

describe('what a command can be refused with', () => {
  const of = (...types: Command['type'][]) => types.map((type) => ({ type }));
  const bounded: typeof door = {
    ...door,
    decide: (command, state) =>
      command.type === 'knock' && state.knocks > 4 ? accepted() : door.decide(command, state),
  };

  it('is found in states that other commands lead to', () => {
    const found = refusalsOf(bounded, { commands: of('knock', 'open', 'enter') });
    expect([...found].map(([type, codes]) => [type, [...codes]])).toEqual([
      ['knock', ['open-already']],
      ['open', ['nobody-knocked']],
      ['enter', ['shut']],
    ]);
  });

  it('is not looked for where nobody asks', () => {
    const found = refusalsOf(bounded, { commands: of('knock', 'enter'), except: ({ isOpen }) => !isOpen });
    expect(found.get('enter')?.size).toBe(0);
  });

  it('needs an end', () => {
    expect(() => refusalsOf(door, { commands: of('knock') })).toThrow('more than');
  });
});
