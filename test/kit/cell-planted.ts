/** Values that nothing else contains, and all the forms in which they might lie about. */
import { randomBytes } from 'node:crypto';

/** A value with a part that cannot be there by chance. `@` and `ü` differ in every encoding. */
export const planted = (what: string): string => `${what} ü@${randomBytes(9).toString('hex')}`;

/** The text as it is (also as bytes of a file that is no text), and as base64 (in each of its three alignments), base64url, hexadecimal, URL and JSON escapes. */
export function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].flatMap((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    // The first and the last group depend on what stands around it.
    const sure = shifted.slice(offset === 0 ? 0 : 4, -4);
    return [sure, sure.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const hex = bytes.toString('hex');
  const escaped = JSON.stringify(value).slice(1, -1);
  const unicode = [...value].map((each) =>
    each > '~' ? `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}` : each,
  );
  return [
    ...new Set([
      value,
      bytes.toString('latin1'),
      ...base64,
      hex,
      hex.toUpperCase(),
      encodeURIComponent(value),
      escaped,
      unicode.join(''),
    ]),
  ].filter((form) => form.length >= 12);
}

export interface Find {
  place: string;
  what: string;
  form: string;
}

/** Everything of `values` that is found in any form in what lies at each place. Case does not hide it. */
export function scan(values: Readonly<Record<string, string>>, places: Iterable<readonly [string, string]>): Find[] {
  const sought = Object.entries(values).flatMap(([what, value]) =>
    formsOf(value).map((form) => ({ what, form, lower: form.toLowerCase() })),
  );
  const found: Find[] = [];
  for (const [place, text] of places) {
    const lower = text.toLowerCase();
    for (const { what, form, lower: wanted } of sought) if (lower.includes(wanted)) found.push({ place, what, form });
  }
  return found;
}
