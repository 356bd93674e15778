import { describe, expect, it } from '@jest/globals';
import { CommandFailure } from './command-failure.js';
import { readGrant } from './grant-input.js';

const typed = (text: string) => () => Promise.resolve(text);
const never = () => Promise.reject(new Error('standard input was read'));

describe('a grant as it is typed', () => {
  it('is the line itself', async () => expect(await readGrant('freehold-grant.abc', never)).toBe('freehold-grant.abc'));

  it('comes from standard input after -, put together where a mail program broke it', async () =>
    expect(await readGrant('-', typed('freehold-grant.ab\r\n  c\n'))).toBe('freehold-grant.abc'));

  it.each([
    ['nothing', '-', ' \n', 'No grant was given'],
    ['a novel', '-', 'x'.repeat(5_000), 'too long for a grant'],
    ['a file that is not there', '@/nowhere/grant.txt', '', '/nowhere/grant.txt cannot be read'],
  ])('is refused: %s', async (_, given, text, said) => {
    const refusal = readGrant(given, typed(text));
    await expect(refusal).rejects.toThrow(CommandFailure);
    await expect(refusal).rejects.toThrow(said);
  });
});
