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

/** Nothing is started before it opens. */
describe('arrive, on a host that cannot close', () => {
  lawsNamed(arriveUntilOpen, { ...options, input: { ...arriveInput, closes: false } }, [
    'completes',
    'refused at start-closed: ends there, clean slate',
    'refused at compare: ends there, clean slate',
    'refused at open: ends there, clean slate',
  ]);
});

describe('arrive, with something due after its restore', () => {
  lawsNamed(arriveUntilOpen, { ...options, world: () => new ArriveWorld('due') }, [
    'completes',
    'refused at after-restore: ends there, clean slate',
    'answer of after-restore lost: ends there, clean slate',
    'after-restore delivered late, after its undo: refused',
  ]);
});

describe('arrive, to its end', () => {
  lawsGoingForward(arriveProcess, options);
});

/** What staff can do when a step does not go by itself, and nothing is to be undone any more. */
describe('arrive, when it is stuck', () => {
  const live = ['go-live', 'tell-opened', 'clear-up'];
  lawsNamed(
    arriveProcess,
    options,
    live.map((step) => `failed at ${step}: stuck there, nothing is undone; a retry goes on`),
  );
});

describe('arrive, when it cannot be completed', () => {
  lawsNamed(arriveProcess, options, [
    'refused at complete: ends there, clean slate',
    'complete delivered late, after its undo: refused',
  ]);
});
