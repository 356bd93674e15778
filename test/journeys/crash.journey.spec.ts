/**
 * An order survives what it runs on. The short form of `npm run faults -- order`. @needs python3
 */
import { describe, expect, it } from '@jest/globals';
import { parseFault } from '../faults/fault.js';
import { orderCampaign } from '../faults/order-campaign.js';

/** Moments that once ended badly or are told apart by nothing but a crash; PostgreSQL dies with the others. */
const FAULTS = ['platform@desired:1', 'nats@job-acknowledged:1', 'all@commit:40'];

describe('an order of a calendar', () => {
  it('ends live whoever is killed, once, and its retirement leaves nothing', async () => {
    const rounds = await orderCampaign({
      application: 'radicale',
      victims: [],
      everySignal: false,
      rounds: 0,
      seed: 0,
      only: FAULTS.map(parseFault),
      roundsPerInstallation: 10,
      coldEvery: 0,
      keep: undefined,
      told: () => undefined,
    });
    expect(rounds.map(({ fault, outcome, wrong }) => ({ fault, outcome, wrong }))).toEqual(
      FAULTS.map((fault) => ({ fault, outcome: 'completed', wrong: [] })),
    );
    expect(rounds.filter(({ moment }) => moment === null)).toEqual([]);
  }, 720_000);
});
