import type { Finding } from '@freehold/kernel';

/** What became of bytes that came from outside: understood, or refused with all reasons. */
export type Read<T> = { kind: 'read'; value: T } | Refused;
export interface Refused {
  kind: 'refused';
  findings: readonly Finding[];
}

export const read = <T>(value: T): Read<T> => ({ kind: 'read', value });
export const refused = (...findings: readonly Finding[]): Refused => ({ kind: 'refused', findings });
