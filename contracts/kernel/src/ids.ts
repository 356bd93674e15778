import { z } from 'zod';

/** Every id is a lower-case UUID (RFC 9562). */
export const Id = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'a lower-case UUID');
export type Id = z.infer<typeof Id>;

/** What stands in a subject for "belongs to the cell". */
export const CELL = '_';

/** The operator token of a subject: an operator's id, or `_`. */
export const OperatorToken = z.union([Id, z.literal(CELL)]);
export type OperatorToken = z.infer<typeof OperatorToken>;

/** A place in the log: `<volume>:<sequence>`, both from 1. */
export const Position = z.templateLiteral([z.int().positive(), ':', z.int().nonnegative()]);
export type Position = `${number}:${number}`;

/** RFC 3339, UTC. */
export const Instant = z.iso.datetime();
export type Instant = z.infer<typeof Instant>;

export interface PositionParts {
  volume: number;
  sequence: number;
}

/** @throws RangeError when `position` is not `<volume>:<sequence>`. */
export function parsePosition(position: Position): PositionParts {
  const colon = position.indexOf(':');
  const [volume, sequence] = [Number(position.slice(0, colon)), Number(position.slice(colon + 1))];
  if (colon < 1 || colon === position.length - 1 || !Number.isInteger(volume) || !Number.isInteger(sequence)) {
    throw new RangeError(`"${position}" is not a position; it has the form <volume>:<sequence>, such as 1:4711`);
  }
  return { volume, sequence };
}

export const positionOf = ({ volume, sequence }: PositionParts): Position => `${volume}:${sequence}`;

/** Negative when `a` comes first. */
export function comparePositions(a: Position, b: Position): number {
  const left = parsePosition(a);
  const right = parsePosition(b);
  return left.volume - right.volume || left.sequence - right.sequence;
}
