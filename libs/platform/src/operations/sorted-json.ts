/**
 * JSON with sorted keys, so that the same content has the same digest here. Nobody else reads it: it takes everything that
 * may have been said, and what is undefined is not said. What other providers sign and check is strict (RFC 8785: @freehold/peer).
 */
export function sortedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => `${JSON.stringify(name)}:${sortedJson(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}
