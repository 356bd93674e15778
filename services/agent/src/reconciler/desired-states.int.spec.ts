import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@freehold/supervisor/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { HOST, TestCell } from '../testing/cell.fixture.js';
import { DesiredStates } from './desired-states.js';

describe('what is desired of a host', () => {
  let cell: TestCell;
  let states: DesiredStates;
  let told: string[];
  beforeAll(async () => {
    cell = await TestCell.open();
  });
  afterAll(() => cell.release());
  beforeEach(() => {
    told = [];
    states = new DesiredStates(cell.connection, HOST, {
      desire: async ({ environment, generation }) => void told.push(`desire ${environment} ${generation}`),
      release: async (environment) => void told.push(`release ${environment}`),
      confirmAsked: async () => void told.push('asked'),
    });
  });
  afterEach(() => states.close());
  const consumers = async () => {
    const manager = await jetstreamManager(cell.connection);
    const found = await Array.fromAsync(manager.consumers.list('KV_DESIRED'));
    return found.length;
  };

  test('is listed without a consumer that stays behind, where there is nothing too', async () => {
    states.start();
    expect(await eventually(() => told.includes('asked'))).toBe(true);
    expect(await eventually(async () => (await consumers()) === 1)).toBe(true); // the watch's
    expect(told).toEqual(['asked']);
  });

  test('is handed over whole before it counts as asked, without what was deleted', async () => {
    const [one, gone] = [cell.state('0'.repeat(64)), cell.state('0'.repeat(64))];
    await cell.desire(one);
    await cell.desire(gone);
    await cell.desired.delete(`${HOST}.${gone.environment}`);
    states.start();
    expect(await eventually(() => told.includes('asked'))).toBe(true);
    expect(told.slice(0, told.indexOf('asked'))).toContain(`desire ${one.environment} 1`);
    expect(told.some((text) => text === `desire ${gone.environment} 1`)).toBe(false);
  });

  test('ends at once, also while it is being listed', async () => {
    states.start();
    const began = performance.now();
    await states.close();
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
