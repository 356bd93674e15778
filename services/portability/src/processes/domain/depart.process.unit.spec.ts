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

/** What staff can do when a step does not go by itself, and nothing is to be undone any more. */
describe('depart, when it is stuck', () => {
  const forward = ['delegate-names', 'free-tenure', 'free-place', 'lower-capacity', 'erase', 'remove'];
  const last = ['free-capacity', 'shred-secrets', 'certify'];
  lawsNamed(departProcess, opening, [
    ...[...forward, ...last].map((step) => `failed at ${step}: stuck there, nothing is undone; a retry goes on`),
    'failed at forward, and so did its undo: staff continue',
    'forward and its undo lost: staff continue, and what was lost comes late',
    'failed at await-opened, and so did its undo: staff continue',
    'await-opened and its undo lost: staff continue, and what was lost comes late',
  ]);
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
