import { expect, it } from '@jest/globals';
import { createUser } from '@nats-io/nkeys';
import { userPublicKey } from './nkey.js';

it('computes the same public keys as the library of NATS', () => {
  for (let round = 0; round < 20; round += 1) {
    const pair = createUser();
    expect(userPublicKey(new TextDecoder().decode(pair.getSeed()))).toBe(pair.getPublicKey());
  }
});

it('refuses what is no seed', () => {
  expect(() => userPublicKey('SUA')).toThrow('no seed');
});
