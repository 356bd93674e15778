import { describe, expect, it } from '@jest/globals';
import { copyField } from './copy-in.js';

describe('a field of COPY', () => {
  it('is told from the end of a field and of a line, and from null', () => {
    expect(copyField(null)).toBe('\\N');
    expect(copyField('\\N')).toBe('\\\\N');
    expect(copyField('a\tb\nc\rd\\e')).toBe('a\\tb\\nc\\rd\\\\e');
    expect(copyField('{"name":"\\u0000 ä"}')).toBe('{"name":"\\\\u0000 ä"}');
    expect([copyField(-1), copyField(true), copyField('')]).toEqual(['-1', 'true', '']);
  });
});
