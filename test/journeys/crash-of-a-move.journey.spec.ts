/**
 * A move survives what it runs on, and what staff do meanwhile. The short form of `npm run faults -- move`. @needs python3
 */
import { describe, expect, it } from '@jest/globals';
import { moveCampaign } from '../faults/move-campaign.js';
import { parseMoveFault } from '../faults/move-fault.js';

/** On the same two installations, one after the other. */
const FAULTS = [
  'keys@b.step-succeeded.copy', // other keys of both providers before the seal
  'platforms@a.deployment-left', // both platforms die right after the point of no return
];

describe('a move of a calendar that is written to all the time', () => {
  it('ends live and whole at the target, although all keys change or both platforms die', async () => {
    const rounds = await moveCampaign({
      whats: [],
      everyCommit: false,
      rounds: 0,
      seed: 0,
      only: FAULTS.map(parseMoveFault),
      roundsPerPair: 10,
      keep: undefined,
      told: () => undefined,
    });
    expect(rounds.map(({ fault, end, wrong }) => ({ fault, end, wrong }))).toEqual(
      FAULTS.map((fault) => ({ fault, end: 'target', wrong: [] })),
    );
    expect(rounds.map(({ moment }) => moment)).toEqual([
      expect.stringContaining('step-succeeded'),
      expect.stringContaining('deployment-left'),
    ]);
  }, 900_000);
});
