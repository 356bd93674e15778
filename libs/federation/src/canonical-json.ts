/**
 * Canonical JSON as Matrix signs it: keys sorted by code point, no white space, integers only, within ±(2^53 − 1), UTF-8.
 * Source: Matrix specification, appendices, "Canonical JSON". Not RFC 8785, which sorts by UTF-16 and has fractions.
 * @throws TypeError for what has no canonical form
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'string') return canonicalString(value);
  if (typeof value === 'number') return canonicalNumber(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object') {
    const members = Object.entries(value)
      .sort(([left], [right]) => Buffer.compare(Buffer.from(left), Buffer.from(right)))
      .map(([key, member]) => `${canonicalString(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  throw new TypeError(`a ${typeof value} has no canonical JSON`);
}

/** The order of UTF-8 bytes is that of code points, which a lone surrogate is not. */
function canonicalString(text: string): string {
  if (!text.isWellFormed()) throw new TypeError('a string with a lone surrogate has no canonical JSON');
  return JSON.stringify(text);
}

function canonicalNumber(value: number): string {
  if (!Number.isSafeInteger(value))
    throw new TypeError(`${value} has no canonical JSON: integers within ±(2^53 − 1) only`);
  return String(value);
}
