import { describe, expect, it } from '@jest/globals';
import { originOfName } from './providers.js';

describe('where people reach a name', () => {
  it.each([
    [443, 'https://chat.example'],
    [8443, 'https://chat.example:8443'],
    [80, 'http://chat.example'],
    [8008, 'http://chat.example:8008'],
  ])('at port %i', (port, origin) => expect(originOfName('chat.example', port)).toBe(origin));
});
