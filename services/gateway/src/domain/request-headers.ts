import type { Finding } from '@freehold/kernel';

/** Printable ASCII without spaces, at most 200; quotes of a structured string (RFC 8941) may stand around it. */
const KEY = /^"?([!#-~]{1,200})"?$/;
/** A strong entity tag (RFC 9110) with a version in it. */
const ETAG = /^"(0|[1-9][0-9]{0,9})"$/;
const WAIT = /(?:^|[,;]) *wait *= *([0-9]{1,4}) *(?:$|[,;])/i;

export type Read<Value> = { value: Value } | { finding: Finding };

export function idempotencyKeyOf(header: string | undefined): string | null {
  return KEY.exec(header ?? '')?.[1] ?? null;
}

/** The version that the caller saw, or null without the header. */
export function ifMatchOf(header: string | undefined): Read<number | null> {
  if (header === undefined) return { value: null };
  const version = ETAG.exec(header)?.[1];
  if (version !== undefined) return { value: Number(version) };
  return {
    finding: {
      pointer: '/headers/if-match',
      code: 'if-match-invalid',
      detail: 'If-Match must be one ETag as it was answered, such as "7".',
      hint: 'Send the ETag of the representation that you saw, with its quotes.',
    },
  };
}

export const etagOf = (version: number): string => `"${version}"`;

/** Seconds of `Prefer: wait=N` (RFC 7240), or null. */
export function preferredWaitOf(header: string | undefined): number | null {
  const seconds = WAIT.exec(header ?? '')?.[1];
  return seconds === undefined ? null : Number(seconds);
}
