import { describe } from '@jest/globals';
import { processLaws } from '@freehold/process/laws';
import { OPERATOR } from './cell.fixture.js';
import { departProcess, departUntilLeave } from './depart.process.js';
import { DepartWorld } from './depart-world.fixture.js';
import { departInput } from './source-cell.fixture.js';
import { lawsGoingForward, lawsNamed } from './whole-table.fixture.js';

const opening = { input: departInput, operator: OPERATOR, world: () => new DepartWorld('opens') };
const failing = { ...opening, world: () => new DepartWorld('fails') };

/** Up to `left`, all of it is undone by this side alone. */
processLaws(departUntilLeave, opening);

describe('depart, of what has to be asked before it stops', () => {
  lawsNamed(departUntilLeave, { ...opening, input: { ...departInput, quiesces: true } }, [
    'completes',
    'refused at quiesce: ends there, clean slate',
    'answer of quiesce lost: ends there, clean slate',
    'quiesce delivered late, after its undo: refused',
  ]);
});

describe('depart, to its end', () => {
  lawsGoingForward(departProcess, opening);
});

/** What was handed over comes back by the target's return only; what was not, cannot be handed over later. */
describe('depart, once it has left', () => {
  lawsNamed(departProcess, opening, [
    'refused at hand-over: ends there, clean slate',
    'hand-over delivered late, after its undo: refused',
  ]);
  lawsNamed(departProcess, failing, [
    'answer of hand-over lost: ends there, clean slate',
    'refused at forward: ends there, clean slate',
    'answer of forward lost: ends there, clean slate',
    'forward delivered late, after its undo: refused',
    'refused at await-opened: ends there, clean slate',
    'answer of await-opened lost: ends there, clean slate',
  ]);
});
