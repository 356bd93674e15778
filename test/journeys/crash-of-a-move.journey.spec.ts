/**
 * A move survives what it runs on. The short form of `npm run faults -- move`. @needs python3
 */
import { describe, expect, it } from '@jest/globals';
import { moveCampaign } from '../faults/move-campaign.js';
import { parseMoveFault } from '../faults/move-fault.js';

/** Both platforms die right after the point of no return. */
const FAULT = 'platforms@a.deployment-left';

describe('a move of a calendar that is written to all the time', () => {
  it('ends live and whole at the target, although both platforms die', async () => {
    const rounds = await moveCampaign({
      whats: [],
      everyCommit: false,
      rounds: 0,
      seed: 0,
      only: [parseMoveFault(FAULT)],
      roundsPerPair: 10,
      keep: undefined,
      told: () => undefined,
    });
    expect(rounds.map(({ fault, end, wrong }) => ({ fault, end, wrong }))).toEqual([
      { fault: FAULT, end: 'target', wrong: [] },
    ]);
    expect(rounds[0]?.moment).toContain('deployment-left');
  }, 300_000);
});
