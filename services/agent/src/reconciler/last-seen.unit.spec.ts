import { expect, test } from '@jest/globals';
import { LastSeen } from './last-seen.js';

const AT = '2026-11-21T12:00:00.000Z';
const running = {
  ...{ at: AT, generation: 3, healthy: true, activity: null, usage: null },
  units: [{ name: 'main', state: 'running' as const, pid: 7, since: AT }],
};

test('a job that begins, goes on and ends takes back nothing of what was seen', () => {
  const last = new LastSeen();
  expect(last.seen('e', running)).toEqual(running);
  expect(last.doing('e', 'round 1')).toEqual({ ...running, activity: 'round 1' });
  expect(last.doing('e', null)).toEqual(running);
});

test('a look takes back nothing of what a job does', () => {
  const last = new LastSeen();
  last.doing('e', 'round 1');
  expect(last.seen('e', running)).toEqual({ ...running, activity: 'round 1' });
  expect(last.doing('e', null)).toEqual(running);
});

test('what nobody has seen yet has no units and is not healthy', () => {
  const unseen = { at: AT, generation: 0, units: [], healthy: false, usage: null };
  expect(new LastSeen().doing('e', 'installing', AT)).toEqual({ ...unseen, activity: 'installing' });
});

test('each environment is its own', () => {
  const last = new LastSeen();
  last.seen('e', running);
  last.doing('e', 'round 1');
  expect(last.doing('other', null, AT)).toMatchObject({ units: [], activity: null });
});
