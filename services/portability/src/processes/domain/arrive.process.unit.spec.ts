import { describe } from '@jest/globals';
import { processLaws } from '@freehold/process/laws';
import { arriveProcess, arriveUntilOpen } from './arrive.process.js';
import { ArriveWorld } from './arrive-world.fixture.js';
import { OPERATOR } from './cell.fixture.js';
import { arriveInput } from './target-cell.fixture.js';
import { lawsGoingForward, lawsNamed } from './whole-table.fixture.js';

const options = { input: arriveInput, operator: OPERATOR, world: () => new ArriveWorld() };

/** Until it is completed everything is undone, and it is live at the source again. */
processLaws(arriveUntilOpen, options);

describe('arrive, to its end', () => {
  lawsGoingForward(arriveProcess, options);
});

describe('arrive, when it cannot be completed', () => {
  lawsNamed(arriveProcess, options, [
    'refused at complete: ends there, clean slate',
    'complete delivered late, after its undo: refused',
  ]);
});
