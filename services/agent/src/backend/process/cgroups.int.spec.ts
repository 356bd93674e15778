import { expect, test } from '@jest/globals';
import { Cgroups } from './cgroups.js';

test('where a folder holds no control groups and can have none, nothing is limited', async () => {
  const groups = await Cgroups.open('freehold-nowhere', '/proc');
  expect(groups.limits).toEqual([]);
}, 5_000);
